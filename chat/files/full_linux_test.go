package files

import (
	"bytes"
	"context"
	"io"
	"syscall"
	"testing"

	"parley/chat"
)

// TestFullDisk keeps a file on a disk that has no room for it.
func TestFullDisk(t *testing.T) {
	folder, ctx := t.TempDir(), context.Background()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=256k"); err != nil {
		t.Skip("a small disk cannot be made: ", err)
	}
	defer syscall.Unmount(folder, 0) //nolint:errcheck // the folder's removal fails then
	b, err := Open(ctx, "file://"+folder, "")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // it is over
	err = b.Put(ctx, "large", bytes.NewReader(make([]byte, 1<<20)))
	if chat.ReasonOf(err) != chat.FilesFull {
		t.Errorf("%v", err)
	}
	if err := b.Put(ctx, "small", bytes.NewReader([]byte("text"))); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	r, err := b.Open(ctx, "small", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // it is over
	if text, err := io.ReadAll(r); string(text) != "text" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}
