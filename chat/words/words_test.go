package words

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestOf(t *testing.T) {
	for _, row := range []struct {
		text string
		want string
	}{
		{"Заказ, заказа; ЗАКАЗАМИ!", "заказ"},
		{"доставка доставку Доставкой", "доставк"},
		{"ёлка елка Ёлками", "елк"},
		{"delivery deliveries delivered", "deliv"},
		{"the driver's company, companies", "the driver compan"},
		{"и\u0306од йод", "йод"}, // one letter in two characters
		{"sku12 v2.5 №7", "sku12 v2 5 7"},
		{"ivan.petrov@mail.ru.", "ivan petrov mail ru ivan.petrov@mail.ru"},
		{"+7 (999) 123-45-67", "7 999 123 45 67 79991234567 89991234567 9991234567"},
		{"8 999 123-45-67 120 рублей", "8 999 123 45 67 120 рубл 89991234567 79991234567 9991234567"},
		{"12 345", "12 345"},
		{"日本語 café", "日本語 café"},
		{"—!?", ""},
	} {
		if got := strings.Join(Of(row.text), " "); got != row.want {
			t.Errorf("%q: %q, want %q", row.text, got, row.want)
		}
	}
}

func TestQuery(t *testing.T) {
	for _, row := range []struct {
		text string
		want []Term
	}{
		{"заказами ", []Term{{"заказ", ""}}},
		{"новый достав", []Term{{"нов", ""}, {"доста", "достав"}}},
		{"я", []Term{{"я", ""}}},
		{"ivan@mail.ru", []Term{{"ivan@mail.ru", "ivan@mail.ru"}}},
		{"8 (999) 123-45-67 заказ ", []Term{{"89991234567", ""}, {"заказ", ""}}},
		{"заказ заказа ", []Term{{"заказ", ""}}},
		{"...", nil},
	} {
		if got := Query(row.text); !slices.Equal(got, row.want) {
			t.Errorf("%q: %q, want %q", row.text, got, row.want)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, row := range []struct {
		text, query string
		places      [][2]int
		all         bool
	}{
		{"Где мой заказ? О заказе ни слова.", "заказы", [][2]int{{8, 5}, {17, 6}}, true},
		{"Где мой заказ?", "где доставка", [][2]int{{0, 3}}, false},
		{"пишите на ivan@mail.ru", "ivan@mail.ru", [][2]int{{10, 12}}, true},
		{"😀 доставка", "достав", [][2]int{{2, 8}}, true},
		{"заказ", "!", nil, false},
	} {
		places, all := Match(row.text, Query(row.query))
		if !slices.Equal(places, row.places) || all != row.all {
			t.Errorf("%q in %q: %v %v", row.query, row.text, places, all)
		}
	}
}

func TestCut(t *testing.T) {
	long := strings.Repeat("слово ", 100) + "нашлось\nздесь " + strings.Repeat("ещё ", 100)
	places, _ := Match(long, Query("нашлось"))
	s := Cut(long, places)
	runes := []rune(s.Text)
	if len(s.Highlights) != 1 || len(runes) > SnippetLength+2 || runes[0] != '…' || strings.Contains(s.Text, "\n") {
		t.Fatalf("%+v", s)
	}
	at := s.Highlights[0]
	if got := string(runes[at[0] : at[0]+at[1]]); got != "нашлось" {
		t.Errorf("highlighted %q", got)
	}
}

// FuzzMatch looks for places outside the text, and for a text that its own words do not find.
func FuzzMatch(f *testing.F) {
	f.Add("Где мой заказ? +7 999 123-45-67, ivan@mail.ru", "заказ")
	f.Add("и\u0306’s ﷺ ①", "’")
	f.Fuzz(func(t *testing.T, text, query string) {
		if !utf8.ValidString(text) || !utf8.ValidString(query) {
			t.Skip()
		}
		places, _ := Match(text, Query(query))
		s := Cut(text, places)
		for _, p := range s.Highlights {
			if p[0] < 0 || p[1] < 1 || p[0]+p[1] > utf8.RuneCountInString(s.Text) {
				t.Fatalf("%v lies outside %q", p, s.Text)
			}
		}
		terms := Query(text)
		if _, all := Match(text, terms); len(terms) > 0 && !all {
			t.Errorf("%q is not found by itself: %q, %q", text, terms, Of(text))
		}
		for _, word := range Of(text) {
			if word == "" || strings.ContainsAny(word, " \x00") {
				t.Errorf("the word %q of %q", word, text)
			}
		}
	})
}
