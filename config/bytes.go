package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Bytes is a size. It is written as a plain number or with a unit: 65536, 64KiB, 1MiB.
type Bytes int64

var units = []struct {
	name string
	size int64
}{
	{"gib", 1 << 30}, {"mib", 1 << 20}, {"kib", 1 << 10},
	{"gb", 1e9}, {"mb", 1e6}, {"kb", 1e3}, {"b", 1},
}

// ParseBytes reads a size. Units are binary (KiB, MiB, GiB) or decimal (kB, MB, GB).
func ParseBytes(text string) (Bytes, error) {
	number, factor := strings.ToLower(strings.TrimSpace(text)), int64(1)
	for _, unit := range units {
		if rest, found := strings.CutSuffix(number, unit.name); found {
			number, factor = strings.TrimSpace(rest), unit.size
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n > math.MaxInt64/factor || n < math.MinInt64/factor {
		return 0, fmt.Errorf("%q is not a size", text)
	}
	return Bytes(n * factor), nil
}

// String writes the largest binary unit that leaves a whole number.
func (b Bytes) String() string {
	for _, unit := range []struct {
		name string
		size Bytes
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if b != 0 && b%unit.size == 0 {
			return strconv.FormatInt(int64(b/unit.size), 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// MarshalText serves text encoders.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }
