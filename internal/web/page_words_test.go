package web

import (
	"reflect"
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{countText(0), "0"},
		{countText(999), "999"},
		{countText(1000), "1,000"},
		{countText(int64(-1234567)), "-1,234,567"},
		{listText(nil), ""},
		{listText([]string{"web"}), "web"},
		{listText([]string{"thumbnail", "square", "web"}), "thumbnail, square and web"},
		{bytesText(0), "0 B"},
		{bytesText(999), "999 B"},
		{bytesText(1000), "1.0 kB"},
		{bytesText(9_949), "9.9 kB"},
		{bytesText(9_950), "10 kB"},
		{bytesText(999_499), "999 kB"},
		{bytesText(999_500), "1.0 MB"},
		{bytesText(3 << 40), "3.3 TB"},
		{tookText(200 * time.Microsecond), "< 1 ms"},
		{tookText(84 * time.Millisecond), "84 ms"},
		{tookText(999_600 * time.Microsecond), "1.00 s"},
		{tookText(1240 * time.Millisecond), "1.24 s"},
		{tookText(12_340 * time.Millisecond), "12.3 s"},
		{tookText(125 * time.Second), "2 min"},
		{spanText(59 * time.Second), "59 s"},
		{spanText(60 * time.Second), "1 min"},
		{spanText(130 * time.Minute), "2 h 10 min"},
		{spanText(20 * time.Hour), "20 h"},
		{spanText(72 * time.Hour), "3 d"},
		{agoText(noon.Add(time.Hour), noon), "just now"}, // clocks differ
		{agoText(noon, noon.Add(90*time.Second)), "1 min ago"},
		{zoneText(noon), "UTC"},
		{zoneText(noon.In(time.FixedZone("IST", 5*3600+1800))), "UTC+05:30"},
		{zoneText(noon.In(time.FixedZone("IST", -(3*3600 + 1800)))), "UTC-03:30"},
		{rateText(0), "0"},
		{rateText(0.001), "1/min"},
		{rateText(0.5), "30/min"},
		{rateText(2.44), "2.4/s"},
		{rateText(1234.4), "1,234/s"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}

func TestPieces(t *testing.T) {
	text := func(s string) piece { return piece{Text: s} }
	mark := func(s string) piece { return piece{s, true} }
	for in, want := range map[string][]piece{
		"":                       nil,
		"a b.jpg":                {text("a b.jpg")},
		"\u202ea":                {mark("U+202E"), text("a")},
		"a\n\r\tb":               {text("a"), mark(`\n`), mark(`\r`), mark(`\t`), text("b")},
		"\xff\xfe":               {mark("\ufffd"), mark("\ufffd")},
		"zero\u200bwidth":        {text("zero"), mark("U+200B"), text("width")},
		"\u2028\u2066\ufeff":     {mark("U+2028"), mark("U+2066"), mark("U+FEFF")},
		"\U0001f469\u200d\u2764": {text("\U0001f469\u200d\u2764")}, // spelled with a joiner
		"\ufffd":                 {text("\ufffd")},
	} {
		if got := piecesOf(in); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, want %+v", in, got, want)
		}
	}
}
