package chat

// mayTeams tells who makes teams and says who is in them: admins, and keys of the scope people.
func mayTeams(p Principal) error {
	if p.Party == Stranger {
		return tokenMissing()
	}
	if p.Party != Manager && p.Party != Backend || !p.permitted(PermissionUsers) {
		return E(Forbidden, "permission_missing", "This needs the permission %s", PermissionUsers)
	}
	return nil
}
