package words

import (
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/russian"
	"golang.org/x/text/unicode/norm"
)

// maxLength bounds a word, in characters; what is longer is cut.
const maxLength = 64

// Word is a word at its place.
type Word struct {
	// Text is what search compares.
	Text string
	// plain is Text before stemming.
	plain string
	// Start and End are where it stands, in characters (runes) from the beginning.
	Start, End int
	// composite is an address or a number, whose parts are words too.
	composite bool
}

// In lists a text's words in their order.
func In(text string) []Word {
	runes := []rune(text)
	var found []Word
	for at := 0; at < len(runes); {
		if !inWord(runes, at) {
			at++
			continue
		}
		end := at + 1
		for end < len(runes) && inWord(runes, end) {
			end++
		}
		plain := normal(string(runes[at:end]))
		found = append(found, Word{Text: stem(plain), plain: plain, Start: at, End: end})
		at = end
	}
	return append(found, append(addresses(runes), phones(runes)...)...)
}

// Of lists a text's words, each once.
func Of(text string) []string {
	seen := map[string]bool{}
	var list []string
	for _, word := range In(text) {
		if !seen[word.Text] {
			seen[word.Text] = true
			list = append(list, word.Text)
		}
	}
	return list
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

// inWord also lets an apostrophe between letters be, as in "driver's".
func inWord(runes []rune, at int) bool {
	if r := runes[at]; r != '\'' && r != '’' {
		return letter(r)
	}
	return at > 0 && at+1 < len(runes) && unicode.IsLetter(runes[at-1]) && unicode.IsLetter(runes[at+1])
}

// normal gives a word its one spelling: a letter may come as one character or as several.
func normal(s string) string {
	if !norm.NFKC.IsNormalString(s) {
		s = norm.NFKC.String(s)
	}
	s = strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); r {
		case 'ё':
			return 'е'
		case '’':
			return '\''
		}
		if unicode.IsSpace(r) || r == 0 {
			return -1 // what a compatible spelling may bring along
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > maxLength {
		return string(runes[:maxLength])
	}
	return s
}

// minStem is how long an English stem is whose y may go.
const minStem = 6

func stem(word string) string {
	switch script(word) {
	case cyrillic:
		return stemmed(word, russian.Stem)
	case latin:
		s := stemmed(word, english.Stem)
		if cut, ok := strings.CutSuffix(s, "i"); ok && len(s) >= minStem {
			return stemmed(cut, english.Stem)
		}
		return s
	}
	return word
}

func stemmed(word string, by func(*snowballstem.Env) bool) string {
	env := snowballstem.NewEnv(word)
	by(env)
	if s := env.Current(); s != "" {
		return s
	}
	return word
}

type alphabet int

const (
	mixed alphabet = iota
	cyrillic
	latin
)

// script tells which alphabet all of a word is in. Words with digits are names of things, which have no endings.
func script(word string) alphabet {
	found := mixed
	for _, r := range word {
		one := mixed
		switch {
		case r == '\'':
			continue
		case r >= 'a' && r <= 'z':
			one = latin
		case r >= 'а' && r <= 'я':
			one = cyrillic
		}
		if one == mixed || found != mixed && found != one {
			return mixed
		}
		found = one
	}
	return found
}
