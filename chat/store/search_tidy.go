package store

// SearchParts counts FTS5's segments. PostgreSQL has one tree.
func (w writer) SearchParts() (parts int, err error) {
	if w.db.Name() != "sqlite" {
		return 1, nil
	}
	err = w.db.Raw("SELECT count(DISTINCT segid) FROM search_index_idx").Scan(&parts).Error
	return parts, err
}
