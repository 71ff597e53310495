package main

import (
	"context"
	"log/slog"

	"parley/chat"
	"parley/chat/files"
	"parley/config"
)

// attachments is where messages' files are; without a bucket there are none.
type attachments struct {
	bucket  *files.Bucket
	sweeper *chat.Sweeper
}

func openAttachments(ctx context.Context, cfg config.Config, s chat.Store, logger *slog.Logger) (attachments, error) {
	if cfg.Attachments.URL == "" {
		return attachments{}, nil
	}
	bucket, err := openBucket(ctx, cfg)
	if err != nil {
		return attachments{}, err
	}
	return attachments{bucket, chat.NewSweeper(s, bucket, logger)}, nil
}

func openBucket(ctx context.Context, cfg config.Config) (*files.Bucket, error) {
	return files.Open(ctx, cfg.Attachments.URL.Reveal(), cfg.Data.Dir)
}

// run removes files that are of no use any more, until ctx ends.
func (a attachments) run(ctx context.Context) error {
	if a.sweeper == nil {
		return nil
	}
	return a.sweeper.Run(ctx)
}

func (a attachments) config(cfg config.Attachments) chat.AttachmentConfig {
	if a.bucket == nil {
		return chat.AttachmentConfig{}
	}
	return chat.AttachmentConfig{
		Blobs: a.bucket, Media: files.NewMedia(), MaxBytes: int64(cfg.MaxBytes), MaxPerMessage: cfg.MaxPerMessage,
		Types: cfg.Types, BytesPerHour: int64(cfg.BytesPerHour),
	}
}

func (a attachments) close() {
	if a.bucket != nil {
		_ = a.bucket.Close() // nothing is under way any more
	}
}
