package bayeux

import "context"

// Drain refuses new sessions and answers the held polls with the advice to
// shake hands again, elsewhere. Sockets keep theirs until their transport
// closes them.
func (srv *Server) Drain() {
	srv.drain.Store(true)
	for _, s := range srv.all() {
		s.mu.Lock()
		poll := s.link != nil && !s.link.push
		s.mu.Unlock()
		if poll {
			srv.end(context.Background(), s, ErrDraining)
		}
	}
}

// Shutdown drains and then ends every session that is left.
func (srv *Server) Shutdown(ctx context.Context) error {
	srv.Drain()
	for _, s := range srv.all() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		srv.end(ctx, s, ErrDraining)
	}
	return nil
}

// Kick ends a session and tells its client not to come back.
func (srv *Server) Kick(ctx context.Context, session string) bool {
	s := srv.anySession(session)
	if s == nil {
		return false
	}
	srv.end(ctx, s, ErrKicked)
	return true
}

func (srv *Server) all() []*Session {
	srv.mu.RLock()
	defer srv.mu.RUnlock()
	list := make([]*Session, 0, len(srv.sessions))
	for _, s := range srv.sessions {
		list = append(list, s)
	}
	return list
}
