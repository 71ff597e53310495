package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/chat"
)

// pages serves the built browser side from the binary.
type pages struct {
	files       fs.FS
	demoSiteKey string
}

// front sends a browser that came without a path to where people start.
func (p *pages) front(c *gin.Context) {
	if p.demoSiteKey != "" {
		c.Redirect(http.StatusFound, "/demo/")
		return
	}
	c.Redirect(http.StatusFound, "/dashboard/")
}

func moved(to string) gin.HandlerFunc {
	return func(c *gin.Context) { c.Redirect(http.StatusMovedPermanently, to) }
}

// widget serves the widget's scripts, which are for pages of any origin.
func (p *pages) widget(c *gin.Context) {
	forPages(c)
	c.Header("Cache-Control", "public, max-age=300")
	p.serve(c, path.Base(c.FullPath()))
}

// giosg serves the script for pages that were made for giosg, whatever account their tag names.
func (p *pages) giosg(c *gin.Context) {
	forPages(c)
	c.Header("Cache-Control", "public, max-age=300")
	p.serve(c, "giosg.js")
}

func (p *pages) page(folder string) gin.HandlerFunc {
	return func(c *gin.Context) {
		asPage(c, pagePolicy(c.Request))
		p.serve(c, folder+"/index.html")
	}
}

// asset serves files whose names hold a hash of their content.
func (p *pages) asset(folder string) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Cache-Control", "public, max-age=31536000, immutable")
		p.serve(c, folder+path.Clean("/"+c.Param("file")))
	}
}

func (p *pages) serve(c *gin.Context, name string) {
	text, err := fs.ReadFile(p.files, name)
	if err != nil {
		c.Header("Cache-Control", "no-store")
		fail(c, chat.E(chat.NotFound, "not_found", "There is nothing here; was the browser side built (make web)?"))
		return
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		c.Header("Content-Type", kind)
	} else if strings.HasSuffix(name, ".map") {
		c.Header("Content-Type", "application/json")
	}
	content(c, text)
}

// content answers with what the binary carries, or that it is what the client has.
func content(c *gin.Context, text []byte) {
	sum := sha256.Sum256(text)
	c.Header("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(text))
}

// site tells the demo page whose visitor it has.
func (p *pages) site(c *gin.Context) {
	c.JSON(http.StatusOK, gin.H{"site_key": p.demoSiteKey})
}
