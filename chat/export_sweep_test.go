package chat

import "context"

// Sweep removes what is due.
func (s *Sweeper) Sweep(ctx context.Context) error {
	_, err := s.sweep(ctx)
	return err
}
