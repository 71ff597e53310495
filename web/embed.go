// Package web carries the built browser side of Parley inside the binary: the visitor's widget, the
// managers' dashboard and the demo site. `make web` fills dist; a committed placeholder keeps
// `go build ./...` working on a machine without Node, where Built reports false.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the built files: widget.js, dashboard/index.html and so on. The root is dist itself.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the directive above guarantees the folder
	}
	return files
}

// Faye returns the browser build of the faye package: faye-browser.js, faye-browser-min.js and their source
// maps. It is nil when the browser side was not built.
func Faye() fs.FS {
	files, err := fs.Sub(dist, "dist/faye")
	if err != nil {
		panic(err) // the path is a valid one
	}
	if _, err := fs.Stat(files, "faye-browser.js"); err != nil {
		return nil
	}
	return files
}

// Built tells whether the binary carries the browser side, or only the placeholder.
func Built() bool {
	_, err := fs.Stat(dist, "dist/widget.js")
	return err == nil
}
