package files_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"parley/chat"
	"parley/chat/files"
)

var ctx = context.Background()

func TestDetect(t *testing.T) {
	m := files.NewMedia()
	for name, row := range map[string]struct{ head, want string }{
		"png":                   {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png"},
		"jpeg":                  {"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"},
		"gif":                   {"GIF89a\x01\x00\x01\x00", "image/gif"},
		"gif that is a page":    {"GIF89a/*<script>*/=1;alert(1)", "image/gif"}, // shown as a picture only, whatever follows
		"webp":                  {"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"},
		"pdf":                   {"%PDF-1.7\n", "application/pdf"},
		"text":                  {"Hello <b>you</b>", "text/plain"},
		"text that smiles":      {"<3 tea", "text/plain"},
		"cyrillic":              {"Здравствуйте", "text/plain"},
		"json":                  {`{"a": 1}`, "text/plain"},
		"csv":                   {"a,b,c\n1,2,3\n4,5,6\n", "text/csv"},
		"zip":                   {"PK\x03\x04\x14\x00\x00\x00\x08\x00", "application/zip"},
		"mp3":                   {"\xff\xfb\x90\x64\x00\x0f", "audio/mpeg"},
		"old office":            {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), chat.CompoundFile},
		"page":                  {"<!DOCTYPE html><p>", ""},
		"page in capitals":      {"  \r\n\t<HTML>", ""},
		"page after a mark":     {"\xef\xbb\xbf<html>", ""},
		"page in UTF-16":        {"\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00", ""},
		"page after a comment":  {"<!-- nothing --><script>", ""},
		"page with a pdf in it": {"<script>%PDF-1.4", ""},
		"svg":                   {`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`, ""},
		"svg after a prologue":  {`<?xml version="1.0"?><svg/>`, ""},
		"xml":                   {`<?xml version="1.0"?><a/>`, ""},
		"php":                   {"<?php echo 1;", ""},
		"shell":                 {"#!/bin/sh\nrm", ""},
		"python":                {"#!/usr/bin/env python\n", ""},
	} {
		if got := m.Detect([]byte(row.head)); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
	allowed := map[string]bool{"image/png": true, "image/jpeg": true, "text/plain": true, "application/zip": true}
	for name, head := range map[string]string{
		"program for Windows": "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff", "program for Linux": "\x7fELF\x02\x01\x01\x00",
		"java": "\xca\xfe\xba\xbe\x00\x00\x00\x34", "wasm": "\x00asm\x01\x00\x00\x00", "nothing known": "\x01\x02\x03\x04\x00\xff",
	} {
		if kind := m.Detect([]byte(head)); allowed[kind] {
			t.Errorf("%s is %q", name, kind)
		}
	}
}

func FuzzDetect(f *testing.F) {
	f.Add([]byte("<html>"))
	f.Add([]byte("\xff\xfe<\x00"))
	m := files.NewMedia()
	f.Fuzz(func(t *testing.T, head []byte) {
		kind := m.Detect(head)
		if text := bytes.TrimLeft(head, " \t\r\n\f\v"); kind != "" && bytes.HasPrefix(bytes.ToLower(text), []byte("<html")) {
			t.Errorf("a page is %q", kind)
		}
		m.Refine(chat.CompoundFile, head, func(int64, int64) ([]byte, error) { return head, nil })
		m.Picture(ctx, bytes.NewReader(head)) //nolint:errcheck // that it comes back is enough
	})
}

// canvas is red in its upper left corner, and green elsewhere.
func canvas(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{0, 200, 0, 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{200, 0, 0, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func encoded(t *testing.T, m image.Image, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, m)
	case "jpeg":
		err = jpeg.Encode(&b, m, nil)
	case "gif":
		err = gif.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// turned puts an Exif orientation into a JPEG.
func turned(jpeg []byte, orientation byte, order binary.AppendByteOrder) []byte {
	tiff := []byte("II*\x00")
	if order == binary.BigEndian {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 1)
	tiff = order.AppendUint16(tiff, 0x112)
	tiff = order.AppendUint16(tiff, 3)
	tiff = order.AppendUint32(tiff, 1)
	tiff = order.AppendUint16(tiff, uint16(orientation))
	tiff = order.AppendUint16(tiff, 0)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(segment)+2))...)
	return append(append(out, segment...), jpeg[2:]...)
}

func TestPictures(t *testing.T) {
	m := files.NewMedia()
	for _, format := range []string{"png", "jpeg", "gif"} {
		for size, want := range map[image.Point]image.Point{{640, 480}: {320, 240}, {100, 50}: {100, 50}, {5000, 4}: {320, 1}} {
			p, err := m.Picture(ctx, bytes.NewReader(encoded(t, canvas(size.X, size.Y), format)))
			if err != nil {
				t.Fatalf("%s %v: %v", format, size, err)
			}
			small, _, err := image.Decode(bytes.NewReader(p.Thumbnail))
			if err != nil || p.Width != size.X || p.Height != size.Y || small.Bounds().Size() != want {
				t.Errorf("%s %v: %+v, %v", format, size, small.Bounds(), err)
			}
		}
	}
	// Where the red corner is after the turn that the camera asks for.
	corners := map[byte][2]int{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}}
	plain := encoded(t, canvas(640, 320), "jpeg")
	for orientation, corner := range corners {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			p, err := m.Picture(ctx, bytes.NewReader(turned(plain, orientation, order)))
			if err != nil {
				t.Fatal(err)
			}
			small, _, err := image.Decode(bytes.NewReader(p.Thumbnail))
			if err != nil {
				t.Fatal(err)
			}
			size := small.Bounds().Size()
			if (p.Width < p.Height) != (orientation >= 5) || (size.X < size.Y) != (orientation >= 5) {
				t.Errorf("%d: %dx%d, small %v", orientation, p.Width, p.Height, size)
			}
			r, g, _, _ := small.At(size.X/4+corner[0]*size.X/2, size.Y/4+corner[1]*size.Y/2).RGBA()
			if r < g {
				t.Errorf("%d: the red corner is not at %v", orientation, corner)
			}
		}
	}
	half := canvas(10, 10)
	half.SetRGBA(0, 0, color.RGBA{})
	if p, err := m.Picture(ctx, bytes.NewReader(encoded(t, half, "png"))); err != nil || !bytes.HasPrefix(p.Thumbnail, []byte("\x89PNG")) {
		t.Errorf("what shines through: %v", err)
	}
}

func TestPicturesThatAreNone(t *testing.T) {
	m := files.NewMedia()
	good := encoded(t, canvas(64, 64), "png")
	huge := encoded(t, canvas(64, 64), "jpeg")
	at := bytes.Index(huge, []byte{0xff, 0xc0})
	copy(huge[at+5:], []byte{0x40, 0, 0x40, 0}) // 16384 each way
	progressive := bytes.Clone(huge)
	progressive[at+1] = 0xc2
	copy(progressive[at+5:], []byte{0x10, 0, 0x10, 0}) // 4096 each way: 16 megapixels would do, if not for this
	for name, row := range map[string]struct {
		data     []byte
		measured bool
	}{
		"nothing": {nil, false}, "nonsense": {[]byte("GIF89a\n\x00\n\x00<script>"), false}, "half": {good[:60], false},
		"a bomb": {huge, true}, "a bomb in steps": {progressive, true},
	} {
		p, err := m.Picture(ctx, bytes.NewReader(row.data))
		if err == nil || p.Thumbnail != nil || (p.Width > 0) != row.measured {
			t.Errorf("%s: %dx%d, %v", name, p.Width, p.Height, err)
		}
	}
}

func folder(t *testing.T) (*files.Bucket, string) {
	t.Helper()
	dir := t.TempDir()
	b, err := files.Open(ctx, "file://files", dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() }) //nolint:errcheck // the test is over
	return b, filepath.Join(dir, "files")
}

func TestFolder(t *testing.T) {
	b, dir := folder(t)
	suite(t, b)
	left := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left++
		}
		if info, _ := d.Info(); d.IsDir() && info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v", path, info.Mode())
		}
		return err
	})
	if err != nil || left != 0 {
		t.Errorf("%d files are left, %v", left, err)
	}
}

// suite is what every kind of bucket does. It leaves nothing behind.
func suite(t *testing.T, b *files.Bucket) {
	t.Helper()
	if err := b.Ping(ctx); err != nil {
		t.Errorf("ping: %v", err)
	}
	const key = "ab/cdef"
	large := strings.Repeat("0123456789", 700_000) // more than one part
	for _, content := range []string{"Hello", "", large} {
		if err := b.Put(ctx, key, strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := read(b, key, 0, -1); err != nil || got != content {
			t.Errorf("%d bytes became %d, %v", len(content), len(got), err)
		}
	}
	if got, err := read(b, key, 6_999_990, -1); err != nil || got != "0123456789" {
		t.Errorf("the end: %q, %v", got, err)
	}
	if got, err := read(b, key, 3, 4); err != nil || got != "3456" {
		t.Errorf("a part: %q, %v", got, err)
	}
	for range 2 {
		if err := b.Remove(ctx, key); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
	if _, err := read(b, key, 0, -1); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("after its removal: %v", err)
	}
	broken := errors.New("the line is dead")
	for _, before := range []string{"", "some", large} {
		err := b.Put(ctx, key, io.MultiReader(strings.NewReader(before), iotest.ErrReader(broken)))
		if err != broken {
			t.Errorf("after %d bytes: %v", len(before), err)
		}
		if _, err := read(b, key, 0, -1); !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("half a file of %d bytes is there: %v", len(before), err)
		}
	}
}

func read(b *files.Bucket, key string, offset, length int64) (string, error) {
	r, err := b.Open(ctx, key, offset, length)
	if err != nil {
		return "", err
	}
	defer r.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(r)
	return string(text), err
}

func TestOpenRefuses(t *testing.T) {
	for _, address := range []string{"", "ftp://x", "s3://", "s3://b?nonsense=1"} {
		if _, err := files.Open(ctx, address, t.TempDir()); err == nil {
			t.Errorf("%q was opened", address)
		}
	}
}
