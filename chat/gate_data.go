package chat

import "parley/models"

// mayData lets through who answers for an organisation's data: its admins, and backends whose key has the scope.
func (g *Gate) mayData(p Principal) error {
	switch {
	case p.Party == Stranger:
		return tokenMissing()
	case p.administers():
		return p.demand(models.ScopeData)
	}
	return forbidden("This is for admins and for keys with the scope data")
}
