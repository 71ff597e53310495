package chat

import "parley/models"

// keepersOnly lets an organisation's admins manage its keys and secrets. A key never makes keys.
func keepersOnly(p Principal) error {
	switch {
	case p.Party == Stranger:
		return tokenMissing()
	case p.Party == Manager && p.Role == models.RoleAdmin && p.KeyID == 0:
		return nil
	}
	return forbidden("Only admins manage keys and secrets")
}
