package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcerrors"

	"parley/chat"
)

// Bucket fits chat.Blobs.
type Bucket struct {
	bucket *blob.Bucket
	// folder is set for a folder: what is written there is brought to the disk.
	folder string
}

// partBytes is the smallest part that S3 takes.
const partBytes = 5 << 20

// Open opens file://<path>, relative to base unless a third slash makes it absolute, or s3://<bucket>?region=… with
// endpoint=… and use_path_style=true for what is not Amazon's. A folder is made when there is none; a bucket is not
// asked for anything yet. Its credentials come from where Amazon's tools look for them: AWS_ACCESS_KEY_ID and
// AWS_SECRET_ACCESS_KEY, a profile, or the machine's role.
func Open(ctx context.Context, address, base string) (*Bucket, error) {
	if path, ok := strings.CutPrefix(address, "file://"); ok {
		if !filepath.IsAbs(path) {
			path = filepath.Join(base, path)
		}
		return openFolder(path)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != s3blob.Scheme || u.Host == "" {
		return nil, errors.New("files: an address begins with file:// or s3://")
	}
	q := u.Query()
	// Checksums that only Amazon's own servers are sure to understand are left out elsewhere.
	for _, setting := range []string{"request_checksum_calculation", "response_checksum_validation"} {
		if q.Has("endpoint") && !q.Has(setting) {
			q.Set(setting, "when_required")
		}
	}
	u.RawQuery = q.Encode()
	bucket, err := new(s3blob.URLOpener).OpenBucketURL(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	return &Bucket{bucket: bucket}, nil
}

func openFolder(path string) (*Bucket, error) {
	bucket, err := fileblob.OpenBucket(path, &fileblob.Options{
		CreateDir: true, DirFileMode: 0o700, NoTempDir: true, Metadata: fileblob.MetadataDontWrite,
	})
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	return &Bucket{bucket: bucket, folder: path}, nil
}

// Close ends it. Nothing may be under way.
func (b *Bucket) Close() error { return b.bucket.Close() }

// Ping asks whether the files can be reached.
func (b *Bucket) Ping(ctx context.Context) error {
	ok, err := b.bucket.IsAccessible(ctx)
	if err == nil && !ok {
		err = errors.New("files: there is no such bucket")
	}
	return err
}

// Put keeps what r gives until its end. When r fails nothing is kept.
func (b *Bucket) Put(ctx context.Context, key string, r io.Reader) error {
	source := &watched{r: r}
	err := b.bucket.Upload(ctx, key, source, &blob.WriterOptions{
		// The bucket may be open to the world: nothing in it is shown by a browser.
		ContentType: "application/octet-stream", ContentDisposition: "attachment",
		BeforeWrite: b.inParts,
	})
	if err == nil && source.err == nil {
		err = b.settle(key)
	}
	if err == nil && source.err == nil {
		return nil
	}
	// What came before the failure may have been kept.
	err = errors.Join(err, b.Remove(context.WithoutCancel(ctx), key))
	if source.err != nil {
		return source.err
	}
	return notNow(fmt.Errorf("files: %w", err))
}

// notNow tells what may be possible soon from what is wrong.
func notNow(err error) error {
	var network net.Error
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EIO):
		return chat.NotNow(chat.FilesFull, err)
	case errors.As(err, &network) && !errors.Is(err, context.Canceled):
		return chat.NotNow(chat.FilesAway, err)
	}
	return err
}

// inParts has an upload to S3 go part by part. The client that is made for it would take three times as much into
// memory before it begins, and five parts at a time.
func (b *Bucket) inParts(as func(any) bool) error {
	var upload *transfermanager.Client
	var client *s3.Client
	if !as(&upload) || !b.bucket.As(&client) {
		return nil // it is a folder
	}
	*upload = *transfermanager.New(client, func(o *transfermanager.Options) {
		o.PartSizeBytes, o.MultipartUploadThreshold, o.Concurrency = partBytes, partBytes, 1
		o.RequestChecksumCalculation = client.Options().RequestChecksumCalculation
	})
	return nil
}

// watched remembers why a reader failed, whatever the bucket makes of it.
type watched struct {
	r   io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}

// settle brings a written file to the disk, with the folders that lead to it.
func (b *Bucket) settle(key string) error {
	if b.folder == "" {
		return nil
	}
	path := filepath.Join(b.folder, filepath.FromSlash(key))
	return errors.Join(sync(path), sync(filepath.Dir(path)), sync(b.folder))
}

func sync(path string) error {
	f, err := os.Open(path) // #nosec G304 -- named by the settings
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open reads from offset, length bytes or with -1 to the end. What is not there is chat.ErrNoRecord.
func (b *Bucket) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	r, err := b.bucket.NewRangeReader(ctx, key, offset, length, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, chat.ErrNoRecord
	}
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	return r, nil
}

// Remove removes a file; one that is not there is no error.
func (b *Bucket) Remove(ctx context.Context, key string) error {
	if err := b.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("files: %w", err)
	}
	if b.folder == "" {
		return nil
	}
	// A process that was killed while it wrote has left the file under the name that it had until then.
	torn, err := filepath.Glob(filepath.Join(b.folder, filepath.FromSlash(key)) + ".*.tmp")
	for _, path := range torn {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}
