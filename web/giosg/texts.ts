const en = {
  call: 'Call',
  ringing: 'Ringing…',
  connecting: 'Connecting…',
  broken: 'The connection is bad. One moment…',
  refused: 'The call was declined.',
  missed: 'Nobody answered.',
  ended: 'The call has ended.',
  devices: 'The browser gave no microphone or camera.',
  connection: 'No connection could be made.',
  mute: 'Mute',
  unmute: 'Unmute',
  cameraOff: 'Camera off',
  cameraOn: 'Camera on',
  hangUp: 'Hang up',
  close: 'Close',
  again: 'Call again',
  quiet: '{name} is muted',
  you: 'You',
}

export type Texts = typeof en

const ru: Texts = {
  call: 'Звонок',
  ringing: 'Звоним…',
  connecting: 'Соединяем…',
  broken: 'Плохая связь. Минуту…',
  refused: 'Звонок отклонён.',
  missed: 'Никто не ответил.',
  ended: 'Звонок завершён.',
  devices: 'Браузер не дал микрофон или камеру.',
  connection: 'Не удалось соединиться.',
  mute: 'Выключить микрофон',
  unmute: 'Включить микрофон',
  cameraOff: 'Выключить камеру',
  cameraOn: 'Включить камеру',
  hangUp: 'Положить трубку',
  close: 'Закрыть',
  again: 'Позвонить снова',
  quiet: '{name}: микрофон выключен',
  you: 'Вы',
}

/** The page's language where there are words for it, else the browser's, else English. */
export function textsOf(): { lang: string; texts: Texts } {
  for (const tag of [document.documentElement.lang, ...navigator.languages]) {
    const lang = tag?.toLowerCase().split(/[-_]/)[0]
    if (lang === 'ru') return { lang, texts: ru }
    if (lang === 'en') return { lang, texts: en }
  }
  return { lang: 'en', texts: en }
}
