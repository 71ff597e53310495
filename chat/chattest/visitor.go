package chattest

import (
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

func siteSecrets(t *testing.T, f *Fixture) {
	other := f.Organization("Kettles")
	a := models.SiteSecret{OrganizationID: f.Org.ID, Name: "a", Secret: "s1", CreatedAt: 1}
	b := models.SiteSecret{OrganizationID: other.ID, Name: "b", Secret: "s2", CreatedAt: 2}
	f.do(func(tx chat.Tx) error {
		a.ID, b.ID = 0, 0
		f.must(tx.CreateSiteSecret(&a))
		return tx.CreateSiteSecret(&b)
	})
	if got, err := f.reader().SiteSecret(a.ID); err != nil || got != a {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := f.reader().SiteSecrets(f.Org.ID); err != nil || !slices.Equal(got, []models.SiteSecret{a}) {
		t.Errorf("%+v, %v", got, err)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteSiteSecret(a.ID) })
	if got, err := f.reader().SiteSecrets(f.Org.ID); err != nil || len(got) != 0 {
		t.Errorf("deleted, and there is %+v, %v", got, err)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteOrganization(other.ID) })
	if _, err := f.reader().SiteSecret(b.ID); err != chat.ErrNoRecord {
		t.Errorf("it outlives its organisation: %v", err)
	}
}

func visitorChanges(t *testing.T, f *Fixture) {
	v := models.Visitor{ID: "v1", UUID: f.uuid(), OrganizationID: f.Org.ID, CreatedAt: 1}
	f.do(func(tx chat.Tx) error { return tx.EnsureVisitor(v) })
	name, at, into := "Maya", models.Time(5), "v2"
	v.Name, v.Attributes, v.IdentifiedAt, v.SignedAt, v.TokensValidFrom, v.MergedInto = &name, `{"a":1}`, &at, 6000, 7000, &into
	f.do(func(tx chat.Tx) error { return tx.SaveVisitor(v) })
	got, err := f.reader().Visitor("v1")
	if err != nil || *got.Name != "Maya" || got.Email != nil || got.Attributes != `{"a":1}` || *got.IdentifiedAt != 5 || got.SignedAt != 6000 ||
		got.TokensValidFrom != 7000 || *got.MergedInto != "v2" || got.OrganizationID != f.Org.ID {
		t.Errorf("%+v, %v", got, err)
	}
}
