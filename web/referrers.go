package web

import "io/fs"

// Referrers is a JSON object of sites by host, each with what kind it is ("medium": search, social, email) and what it is
// called ("source"); nil when the browser side was not built.
func Referrers() []byte {
	list, err := fs.ReadFile(dist, "dist/referrers/referrers.json")
	if err != nil {
		return nil
	}
	return list
}
