package chattest

import (
	"errors"
	"strings"
	"testing"

	"parley/chat"
)

func lookups(t *testing.T, f *Fixture) {
	if o, err := f.reader().OrganizationByUUID(f.Org.UUID); err != nil || o.ID != f.Org.ID {
		t.Errorf("%+v, %v", o, err)
	}
	if m, err := f.reader().ManagerByUUID(f.Anna.UUID); err != nil || m.ID != f.Anna.ID {
		t.Errorf("%+v, %v", m, err)
	}
	f.do(func(tx chat.Tx) error { return tx.RetireManager(f.Anna.ID, 5) })
	if m, err := f.reader().FormerManagerByUUID(f.Anna.UUID); err != nil || m.ID != f.Anna.ID {
		t.Errorf("%+v, %v", m, err)
	}
	if left, err := f.reader().FormerManagers(f.Org.ID); err != nil || len(left) != 1 || left[0].ID != f.Anna.ID {
		t.Errorf("%+v, %v", left, err)
	}
	for _, uuid := range []string{f.Anna.UUID, f.Org.UUID, ""} {
		if m, err := f.reader().ManagerByUUID(uuid); !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("%q: %+v, %v", uuid, m, err)
		}
	}
	for _, uuid := range []string{"", "x", strings.ToUpper(f.Org.UUID), "{" + f.Org.UUID + "}"} {
		if c, err := f.reader().ConversationByUUID(uuid); !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("%q: %+v, %v", uuid, c, err)
		}
	}
	if o, err := f.reader().OrganizationByUUID(f.Anna.UUID); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("%+v, %v", o, err)
	}
}
