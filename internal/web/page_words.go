package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The words for numbers on the page. page.js has the same: what it redraws must
// read as what it replaces.

// countText returns n with its thousands apart.
func countText[N int | int64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// plural returns n with the word for as many.
func plural[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return countText(n) + " " + many
}

// listText returns words as a list is spoken.
func listText(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// bytesText returns a size in bytes with a unit, in two digits at least.
func bytesText(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	v, unit := float64(n)/1000, 0
	for ; v >= 999.5 && unit < 4; unit++ {
		v /= 1000
	}
	digits := 0
	if v < 9.95 {
		digits = 1
	}
	return strconv.FormatFloat(v, 'f', digits, 64) + " " + []string{"kB", "MB", "GB", "TB", "PB"}[unit]
}

// tookText returns how long something took, in about three digits.
func tookText(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms < 1:
		return "< 1 ms"
	case ms < 999.5:
		return fmt.Sprintf("%.0f ms", ms)
	case ms < 9995:
		return fmt.Sprintf("%.2f s", ms/1000)
	case ms < 59950:
		return fmt.Sprintf("%.1f s", ms/1000)
	default:
		return spanText(d)
	}
}

// spanText returns a span of time in one unit, or two where one would be coarse.
func spanText(d time.Duration) string {
	s := int64(math.Round(d.Seconds()))
	m, h := s/60, s/3600
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", max(s, 0))
	case h < 1:
		return fmt.Sprintf("%d min", m)
	case h < 10 && m%60 > 0:
		return fmt.Sprintf("%d h %d min", h, m%60)
	case h < 48:
		return fmt.Sprintf("%d h", h)
	default:
		return fmt.Sprintf("%d d", h/24)
	}
}

// agoText returns how long before now t was.
func agoText(t, now time.Time) string {
	if d := now.Sub(t); d >= 2*time.Second {
		return spanText(d.Truncate(time.Second)) + " ago"
	}
	return "just now"
}

// rateText returns files per second, or per minute where those are few.
func rateText(r float64) string {
	switch {
	case r <= 0:
		return "0"
	case r < 1:
		return fmt.Sprintf("%.0f/min", max(1, r*60))
	case r < 9.95:
		return fmt.Sprintf("%.1f/s", r)
	default:
		return countText(int64(math.Round(r))) + "/s"
	}
}

// exactText returns a moment for those who want to know it exactly.
func exactText(t time.Time) string {
	return t.Local().Format("2006-01-02 15:04:05 ") + zoneText(t.Local())
}

// clockText returns the minute of a moment of the last hour.
func clockText(t time.Time) string { return t.Local().Format("15:04 ") + zoneText(t.Local()) }

// zoneText says in which zone t is told: that of the daemon, until the script knows the
// reader's. Abbreviations mean several zones, and browsers have few of them.
func zoneText(t time.Time) string { return strings.TrimSuffix(t.Format("UTC-07:00"), "+00:00") }
