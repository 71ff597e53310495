const en = {
  picture: 'Picture',
  notPressed: 'That did not work. Please try again.',
  rate: 'How was this chat?',
  star: '{n} of 5 stars',
  rateText: 'Anything to add?',
  rateSend: 'Send',
  thanks: 'Thank you for your rating!',
}

const ru: typeof en = {
  picture: 'Изображение',
  notPressed: 'Не получилось. Попробуйте ещё раз.',
  rate: 'Как вам этот разговор?',
  star: '{n} из 5',
  rateText: 'Хотите что-нибудь добавить?',
  rateSend: 'Отправить',
  thanks: 'Спасибо за оценку!',
}

/** In the language that the widget has settled on. */
export const textsIn = (lang: string) => (lang === 'ru' ? ru : en)
