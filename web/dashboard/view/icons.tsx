function icon(path: string, label?: string) {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" role={label ? 'img' : undefined} aria-label={label} aria-hidden={!label}>
      <path d={path} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  )
}

export const BackIcon = () => icon('M15 5l-7 7 7 7')
export const SendIcon = () => icon('M12 19.5V4.5M5.5 11L12 4.5 18.5 11')
export const FilterIcon = () => icon('M4 7h16M7 12h10M10 17h4')
export const SoundIcon = () => icon('M4 9.5h3.500L12 5.500v13L7.500 14.500H4zM15.500 9a4.500 4.500 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11')
export const MutedIcon = () => icon('M4 9.5h3.500L12 5.500v13L7.500 14.500H4zM16 9.500l5 5M21 9.500l-5 5')
export const LeaveIcon = () => icon('M14 4.500H6.500A1.500 1.500 0 0 0 5 6v12a1.500 1.500 0 0 0 1.500 1.500H14M10 12h10.500M17 8.500l3.500 3.500-3.500 3.500')
export const SendingIcon = () => icon('M12 7v5l3 2M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z', 'Sending')
export const SentIcon = () => icon('M5 12.5l4.5 4.5L19 7.5', 'Sent')
export const ReadIcon = () => icon('M1.5 12.5L6 17l9.5-9.5M11 16l1.5 1 9.5-9.5', 'Read')
export const CloseIcon = () => icon('M6 6l12 12M18 6L6 18')
export const MoreIcon = () => (
  <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" fill="currentColor">
    <circle cx="5" cy="12" r="2" />
    <circle cx="12" cy="12" r="2" />
    <circle cx="19" cy="12" r="2" />
  </svg>
)

export const StarIcon = ({ full }: { full: boolean }) => (
  <svg viewBox="0 0 24 24" width="16" height="16" aria-hidden="true">
    <path
      d="M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1.1 5.9L12 16.9l-5.3 2.8 1.1-5.9L3.5 9.7l5.9-.8z"
      fill={full ? 'currentColor' : 'none'}
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linejoin="round"
    />
  </svg>
)

export const Logo = () => (
  <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="var(--accent)" />
    <path d="M8 9.5h16a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7.5L12 26v-4.500H8a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2z" fill="var(--accent-ink)" />
  </svg>
)
