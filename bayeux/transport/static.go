package transport

import (
	"bytes"
	"crypto/sha1" // #nosec G505 -- for versions, as Faye names them
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"sync"
	"time"
)

// Names under which Faye serves its browser client beside the mount, and the
// files of the package that they stand for.
var clientFiles = map[string]string{
	"client.js":               "faye-browser-min.js",
	"client.js.map":           "faye-browser-min.js.map",
	"faye-browser.js":         "faye-browser.js",
	"faye-browser.js.map":     "faye-browser.js.map",
	"faye-browser-min.js":     "faye-browser-min.js",
	"faye-browser-min.js.map": "faye-browser-min.js.map",
}

// library serves the browser client. What it has read it keeps: the files of
// a binary do not change.
type library struct {
	files fs.FS // nil: there is none
	since time.Time

	mu   sync.Mutex
	kept map[string]*asset
}

type asset struct {
	content []byte
	etag    string
	changed time.Time
}

func newLibrary(files fs.FS) *library {
	return &library{files: files, since: time.Now(), kept: make(map[string]*asset)}
}

// isScript tells the places of the browser client.
func isScript(p string) bool {
	ext := path.Ext(p)
	return ext == ".js" || ext == ".map"
}

func (l *library) open(name string) (*asset, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.kept[name]; f != nil {
		return f, nil
	}
	content, err := fs.ReadFile(l.files, name)
	if err != nil {
		return nil, err
	}
	info, err := fs.Stat(l.files, name)
	if err != nil {
		return nil, err
	}
	sum := sha1.Sum(content) // #nosec G401 -- names the version, protects nothing
	f := &asset{content: content, etag: `"` + hex.EncodeToString(sum[:]) + `"`, changed: info.ModTime()}
	if f.changed.IsZero() {
		f.changed = l.since // embedded files have no date; they are not newer than the process
	}
	l.kept[name] = f
	return f, nil
}

// serve answers with the file that stands for name. The files are the same
// for everybody, so pages of any origin may load them, checked by a hash too.
func (l *library) serve(w http.ResponseWriter, r *http.Request, name string) {
	file, ours := clientFiles[name]
	if !ours {
		refuse(w, http.StatusNotFound)
		return
	}
	if l.files == nil {
		missing(w)
		return
	}
	f, err := l.open(file)
	if err != nil {
		missing(w)
		return
	}
	head := w.Header()
	head.Set("Content-Type", "text/javascript; charset=utf-8")
	if path.Ext(file) == ".map" {
		head.Set("Content-Type", "application/json")
	}
	head.Set("ETag", f.etag)
	head.Set("Cache-Control", "public, max-age=300")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Access-Control-Allow-Origin", "*")
	head.Set("Cross-Origin-Resource-Policy", "cross-origin")
	http.ServeContent(w, r, file, f.changed, bytes.NewReader(f.content))
}

func missing(w http.ResponseWriter) {
	say(w, http.StatusNotFound, "The Faye browser client is not part of this server")
}
