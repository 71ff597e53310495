package words

import "unicode"

// Snippet is a piece of a text around what was found in it.
type Snippet struct {
	Text string
	// Highlights are pairs of start and length in characters (runes) of Text.
	Highlights [][2]int
}

// SnippetLength is how many characters a snippet has at most, the marks of what was left out aside.
const SnippetLength = 160

// Cut takes a piece out of a text that shows the first of the places, or the beginning when there are none. Line
// breaks become spaces.
func Cut(text string, places [][2]int) Snippet {
	runes := []rune(text)
	start := 0
	if len(runes) > SnippetLength && len(places) > 0 {
		start = wordStart(runes, max(0, min(places[0][0]-SnippetLength/3, len(runes)-SnippetLength)))
	}
	end := min(len(runes), start+SnippetLength)
	piece := make([]rune, 0, end-start+2)
	shift := -start
	if start > 0 {
		piece = append(piece, '…')
		shift++
	}
	for _, r := range runes[start:end] {
		if unicode.IsSpace(r) {
			r = ' '
		}
		piece = append(piece, r)
	}
	if end < len(runes) {
		piece = append(piece, '…')
	}
	s := Snippet{Text: string(piece), Highlights: [][2]int{}}
	for _, p := range places {
		if p[0] >= start && p[0] < end {
			s.Highlights = append(s.Highlights, [2]int{p[0] + shift, min(p[1], end-p[0])})
		}
	}
	return s
}

// wordStart moves on to where a word begins, if one does soon.
func wordStart(runes []rune, at int) int {
	if at == 0 {
		return 0
	}
	for i := at; i < min(at+20, len(runes)); i++ {
		if unicode.IsSpace(runes[i]) {
			return i + 1
		}
	}
	return at
}
