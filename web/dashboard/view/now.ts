import { useEffect, useState } from 'preact/hooks'

/** The time in milliseconds, anew every second while the component is there. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const ticking = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(ticking)
  }, [])
  return now
}
