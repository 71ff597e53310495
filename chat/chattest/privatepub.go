package chattest

import (
	"errors"
	"testing"

	"parley/chat"
	"parley/models"
)

func privatePubs(t *testing.T, f *Fixture) {
	other := f.Organization("Kettles")
	first := models.PrivatePub{OrganizationID: f.Org.ID, Secret: "a", SecretHash: "x", CreatedAt: 1}
	second := models.PrivatePub{OrganizationID: other.ID, Secret: "b", SecretHash: "x", CreatedAt: 2}
	f.do(func(tx chat.Tx) error {
		f.must(tx.SavePrivatePub(first))
		f.must(tx.SavePrivatePub(second))
		first.Secret = "c"
		return tx.SavePrivatePub(first)
	})
	if got, err := f.reader().PrivatePub(f.Org.ID); err != nil || got != first {
		t.Errorf("%+v, %v", got, err)
	}
	if all, err := f.reader().PrivatePubs(); err != nil || len(all) != 2 || all[0] != first || all[1] != second {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := f.reader().PrivatePubsBySecret("x"); err != nil || len(all) != 2 {
		t.Errorf("%+v, %v", all, err)
	}
	f.do(func(tx chat.Tx) error {
		f.must(tx.DeletePrivatePub(f.Org.ID))
		return tx.DeleteOrganization(other.ID)
	})
	if _, err := f.reader().PrivatePub(f.Org.ID); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("still there: %v", err)
	}
	if all, err := f.reader().PrivatePubs(); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}
