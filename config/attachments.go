package config

import (
	"cmp"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"
)

// Attachments says where the files of messages are kept, and which are taken.
type Attachments struct {
	URL           URL      `mapstructure:"url" doc:"Where files are kept: file://<folder> (within data.dir, or absolute with a third slash), or s3://<bucket>?region=…;\nwith &endpoint=https://…&use_path_style=true for what is not Amazon's. AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY\nare read from the environment. Empty: messages have no files."`
	MaxBytes      Bytes    `mapstructure:"max_bytes" doc:"Largest file."`
	MaxPerMessage int      `mapstructure:"max_per_message" doc:"Most files of one message."`
	Types         []string `mapstructure:"types" doc:"Types that are taken, told by the content and not by the name. HTML, SVG, XML, scripts and programs never are."`
	BytesPerHour  Bytes    `mapstructure:"bytes_per_hour" doc:"Most that one visitor may send in an hour; an address ten times as much. 0: any number."`
}

func defaultAttachments() Attachments {
	return Attachments{
		URL: "file://attachments", MaxBytes: 10 << 20, MaxPerMessage: 10, BytesPerHour: 100 << 20,
		Types: []string{
			"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain", "text/csv", "application/zip",
			"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "text/rtf",
			"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
			"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
			"application/vnd.openxmlformats-officedocument.presentationml.presentation",
			"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
			"application/vnd.oasis.opendocument.presentation",
			"audio/mpeg", "audio/ogg", "audio/mp4", "audio/x-m4a", "video/mp4", "video/ogg", "application/ogg", "video/webm",
		},
	}
}

// never are types that a browser or a machine runs, and that are refused whatever the settings say.
var never = []string{"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml", "text/javascript"}

func (a Attachments) validate() error {
	if a.URL == "" {
		return nil
	}
	switch a.URL.Scheme() {
	case "file":
		if strings.TrimPrefix(a.URL.Reveal(), "file://") == "" {
			return errors.New("attachments.url: file:// needs a folder, like file://attachments")
		}
	case "s3":
		if u, err := url.Parse(a.URL.Reveal()); err != nil || u.Host == "" {
			return errors.New("attachments.url: s3:// needs the name of a bucket, like s3://files?region=eu-central-1")
		}
	default:
		return fmt.Errorf("attachments.url: %q must begin with file:// or s3://", a.URL.String())
	}
	for _, kind := range a.Types {
		plain, attributes, err := mime.ParseMediaType(kind)
		if err != nil || plain != kind || len(attributes) > 0 || !strings.Contains(kind, "/") || strings.Contains(kind, "*") {
			return fmt.Errorf("attachments.types: %q is not a type like image/png", kind)
		}
		if slices.Contains(never, kind) {
			return fmt.Errorf("attachments.types: %s is never taken", kind)
		}
	}
	return cmp.Or(
		atLeast("attachments.max_bytes", a.MaxBytes, 1),
		atLeast("attachments.max_per_message", a.MaxPerMessage, 1),
		atLeast("attachments.bytes_per_hour", a.BytesPerHour, 0),
	)
}
