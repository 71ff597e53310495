// Package words makes of a text the words that search goes by. It is done here and not in the databases, so that
// both find the same.
//
// A word is a run of letters and digits: in lower case, ё as е, and stemmed by its script, Cyrillic as Russian and
// Latin as English ("заказами" and "заказа" are "заказ"). Snowball's English keeps "deliveri" (delivery) and
// "deliv" (delivered) apart; here a y at the end of a long stem goes too. An e-mail address and a telephone number
// are one word each beside the words they consist of: a telephone number without what it is divided by, and a
// Russian one with the 7, with the 8 and without.
//
// The stemmer is snowballstem, which Snowball's own compiler made of the reference algorithms. The rival written by
// hand, kljensen/snowball, stems the same and takes ten times as long.
package words
