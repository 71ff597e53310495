package words

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Term is one of the things that somebody looks for. A word is found when it is Word, or begins with Prefix
// unless that is empty.
type Term struct{ Word, Prefix string }

// minPrefix is how many characters make a beginning worth looking for.
const minPrefix = 3

// Query reads what somebody typed: all of its words are wanted. The last may be unfinished, unless something
// follows it. Of an address or a number only the whole is wanted, not its parts.
func Query(text string) []Term {
	found := In(text)
	whole := slices.DeleteFunc(slices.Clone(found), func(w Word) bool { return !w.composite })
	slices.SortStableFunc(found, func(a, b Word) int { return a.Start - b.Start })
	end := utf8.RuneCountInString(text)
	var terms []Term
	for _, word := range found {
		if !word.composite && slices.ContainsFunc(whole, func(w Word) bool { return w.Start <= word.Start && word.End <= w.End }) ||
			word.composite && slices.ContainsFunc(terms, func(t Term) bool { return slices.Contains(spellings(t.Word), word.Text) }) {
			continue
		}
		term := Term{Word: word.Text}
		if word.End == end && utf8.RuneCountInString(word.plain) >= minPrefix {
			term.Prefix = word.plain
		}
		if !slices.Contains(terms, term) {
			terms = append(terms, term)
		}
	}
	return terms
}

// Finds tells whether a word is what the term looks for.
func (t Term) Finds(word string) bool {
	return word == t.Word || t.Prefix != "" && strings.HasPrefix(word, t.Prefix)
}

// Match tells whether all terms are found in a text, and where any of them are: pairs of start and length in
// characters, by rising start and without overlaps.
func Match(text string, terms []Term) (places [][2]int, all bool) {
	missing := slices.Clone(terms)
	for _, word := range In(text) {
		if !slices.ContainsFunc(terms, func(t Term) bool { return t.Finds(word.Text) }) {
			continue
		}
		places = append(places, [2]int{word.Start, word.End - word.Start})
		missing = slices.DeleteFunc(missing, func(t Term) bool { return t.Finds(word.Text) })
	}
	slices.SortFunc(places, func(a, b [2]int) int { return a[0] - b[0] })
	return merged(places), len(missing) == 0 && len(terms) > 0
}

func merged(places [][2]int) [][2]int {
	var list [][2]int
	for _, p := range places {
		if n := len(list); n > 0 && p[0] < list[n-1][0]+list[n-1][1] {
			list[n-1][1] = max(list[n-1][1], p[0]+p[1]-list[n-1][0])
			continue
		}
		list = append(list, p)
	}
	return list
}
