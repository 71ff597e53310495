// Drawn here rather than loaded: no requests, no fonts, and they take the colour of the text.

function icon(path: string, label?: string) {
  return (
    <svg viewBox="0 0 24 24" width="24" height="24" role={label ? 'img' : undefined} aria-label={label} aria-hidden={!label}>
      <path d={path} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  )
}

export const ChatIcon = () => icon('M4 5.5h16a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5h-8L7 21.5v-4H4A1.5 1.5 0 0 1 2.5 16V7A1.5 1.5 0 0 1 4 5.5zM7.5 10h9M7.5 13.5h5.5')
export const CloseIcon = () => icon('M6 6l12 12M18 6L6 18')
export const DownIcon = () => icon('M6 9.5l6 6 6-6')
export const SendIcon = () => icon('M12 19.5V4.5M5.5 11L12 4.5 18.5 11')
export const SendingIcon = ({ label }: { label: string }) => icon('M12 7v5l3 2M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z', label)
export const SentIcon = ({ label }: { label: string }) => icon('M5 12.5l4.5 4.5L19 7.5', label)
export const ReadIcon = ({ label }: { label: string }) => icon('M1.5 12.5L6 17l9.5-9.5M11 16l1.5 1 9.5-9.5', label)
