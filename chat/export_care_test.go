package chat

import (
	"context"

	"parley/models"
)

// Care does one round of what Run does, for tests that keep their own time.
func (s *Service) Care(ctx context.Context, began models.Time) error { return s.care(ctx, began) }

// Stirred does what Run does after something happened, if something did.
func (s *Service) Stirred(ctx context.Context) error {
	select {
	case <-s.stirred:
		return s.move(ctx)
	default:
		return nil
	}
}
