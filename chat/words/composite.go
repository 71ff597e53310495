package words

import (
	"strings"
	"unicode"
)

// addresses finds what looks like an e-mail address, whole or as far as it was typed.
func addresses(runes []rune) []Word {
	var found []Word
	for at, r := range runes {
		if r != '@' {
			continue
		}
		start, end := at, at+1
		for start > 0 && (letter(runes[start-1]) || strings.ContainsRune("._%+-", runes[start-1])) {
			start--
		}
		for end < len(runes) && (letter(runes[end]) || end > at+1 && strings.ContainsRune(".-", runes[end])) {
			end++
		}
		for end > at+1 && !letter(runes[end-1]) {
			end-- // the end of a sentence
		}
		if start < at && end > at+1 {
			text := normal(string(runes[start:end]))
			found = append(found, Word{Text: text, plain: text, Start: start, End: end, composite: true})
		}
	}
	return found
}

// Digits of what may be a telephone number. A Russian one has russianDigits.
const (
	minDigits, maxDigits = 7, 15
	russianDigits        = 11
)

// phones finds runs of digits, divided as telephone numbers are.
func phones(runes []rune) []Word {
	var found []Word
	for at := 0; at < len(runes); {
		if !digit(runes[at]) || at > 0 && letter(runes[at-1]) {
			at++
			continue
		}
		digits, end := number(runes, at)
		if len(digits) >= minDigits && (end == len(runes) || !letter(runes[end])) {
			for _, text := range spellings(digits) {
				found = append(found, Word{Text: text, plain: text, Start: at, End: end, composite: true})
			}
		}
		at = end
	}
	return found
}

// number reads digits with at most two dividers between them, such as ") ".
func number(runes []rune, start int) (digits string, end int) {
	gap := 0
	for at := start; at < len(runes); at++ {
		switch r := runes[at]; {
		case digit(r):
			digits += string(r)
			end, gap = at+1, 0
			russian := digits[0] == '7' || digits[0] == '8'
			if len(digits) == maxDigits || russian && len(digits) == russianDigits {
				return digits, end
			}
		case gap < 2 && strings.ContainsRune(" -()\u00a0", r):
			gap++
		default:
			return digits, end
		}
	}
	return digits, end
}

func digit(r rune) bool { return r < unicode.MaxASCII && unicode.IsDigit(r) }

// spellings are what a number is dialled as: a Russian one with 7, with 8 and without.
func spellings(digits string) []string {
	if len(digits) != russianDigits || digits[0] != '7' && digits[0] != '8' {
		return []string{digits}
	}
	other := "7"
	if digits[0] == '7' {
		other = "8"
	}
	return []string{digits, other + digits[1:], digits[1:]}
}
