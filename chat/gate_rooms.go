package chat

import "parley/models"

// mayRooms refuses whoever may not know an organisation's rooms: all of its own may, and keys, which begin there
// whatever they are for.
func mayRooms(p Principal) error {
	switch p.Party {
	case Manager, Backend:
		return nil
	case Stranger:
		return tokenMissing()
	}
	return forbidden("This is for the organisation's own people")
}

// maySettings refuses whoever may not change what rooms are: supervisors and admins may, and keys with the scope
// visitors.
func maySettings(p Principal) error {
	if err := mayRooms(p); err != nil {
		return err
	}
	if err := p.demand(models.ScopeVisitors); err != nil {
		return err
	}
	if p.Party == Manager && !p.supervises() {
		return forbidden("Only supervisors and admins may do this")
	}
	return nil
}
