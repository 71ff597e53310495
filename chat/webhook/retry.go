package webhook

import (
	"math/rand/v2"
	"time"
)

const (
	firstDelay = 5 * time.Second
	maxDelay   = 3 * time.Hour
)

// delay is how long a delivery rests after so many tries in a row: three times as long each time, give or take a fifth,
// so that what failed together does not come together again. An answer's Retry-After counts instead, within the same
// bounds.
func delay(tries int, asked time.Duration) time.Duration {
	if asked > 0 {
		return min(max(asked, firstDelay), maxDelay)
	}
	d := firstDelay
	for i := 1; i < tries && d < maxDelay; i++ {
		d *= 3
	}
	d = min(d, maxDelay)
	return d + time.Duration((rand.Float64()-0.5)*0.4*float64(d)) // #nosec G404 -- nothing to guess
}
