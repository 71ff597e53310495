package chat

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"parley/models"
)

// variableWrite is a change of a visitor's variables in a room. She is locked, so that changes come one at a time.
type variableWrite struct {
	service *Service
	tx      Tx
	room    models.Room
	visitor models.Visitor
	known   map[string]models.VisitorVariable
	at      models.Time
	// count and size are what was known before. It may be too much, since two visitors can turn out to be one.
	count, size int
	// face: what the room calls her has changed.
	face bool
}

// variablesOf locks a visitor who is there and reads what is said of her.
func (s *Service) variablesOf(tx Tx, room models.Room, visitorID string) (*variableWrite, error) {
	v, err := tx.LockVisitor(visitorID)
	if err == nil && (v.OrganizationID != room.OrganizationID || v.MergedInto != nil) {
		err = ErrNoRecord
	}
	if err != nil {
		return nil, orNotFound(err, "visitor_not_found", "There is no visitor %s", visitorID)
	}
	if err := erasing(v); err != nil {
		return nil, err
	}
	list, err := tx.Variables(room.ID, v.ID)
	if err != nil {
		return nil, err
	}
	w := &variableWrite{service: s, tx: tx, room: room, visitor: v, known: make(map[string]models.VisitorVariable, len(list)), at: now()}
	for _, one := range list {
		w.known[one.Key] = one
	}
	w.count, w.size = w.extent()
	return w, nil
}

func (w *variableWrite) extent() (count, size int) {
	for key, v := range w.known {
		size += len(key) + len(v.Value)
	}
	return len(w.known), size
}

// list is what is known, by the bytes of the keys.
func (w *variableWrite) list() []models.VisitorVariable {
	return slices.SortedFunc(maps.Values(w.known), func(a, b models.VisitorVariable) int { return cmp.Compare(a.Key, b.Key) })
}

func (w *variableWrite) submit(values Values, signed, replace bool) error {
	for _, key := range slices.Sorted(maps.Keys(w.known)) {
		if _, again := values[key]; again || !replace {
			continue
		}
		if err := w.remove(key); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := w.set(key, values[key], signed); err != nil {
			return err
		}
	}
	return nil
}

func (w *variableWrite) set(key string, value json.RawMessage, signed bool) error {
	v, there := w.known[key]
	if there && v.Value == string(value) && v.Signed == signed {
		return nil
	}
	action, changed := ResourceAdded, []string(nil)
	if there {
		action, changed = ResourceChanged, []string{"updated_at"}
		if v.Value != string(value) {
			changed = append(changed, "value")
		}
		if v.Signed != signed {
			changed = append(changed, "is_signed")
		}
	} else {
		v = models.VisitorVariable{RoomID: w.room.ID, OrganizationID: w.room.OrganizationID, VisitorID: w.visitor.ID, Key: key, CreatedAt: w.at}
	}
	v.Value, v.Signed, v.UpdatedAt = string(value), signed, w.at
	var err error
	if there {
		err = w.tx.SaveVariable(v)
	} else {
		err = w.tx.CreateVariable(&v)
	}
	if err != nil {
		return err
	}
	w.known[key] = v
	return w.tell(v, action, changed...)
}

func (w *variableWrite) remove(key string) error {
	v := w.known[key]
	if err := w.tx.DeleteVariable(v.ID); err != nil {
		return err
	}
	delete(w.known, key)
	return w.tell(v, ResourceRemoved)
}

func (w *variableWrite) tell(v models.VisitorVariable, action string, changed ...string) error {
	w.face = w.face || v.Key == usernameKey || v.Key == avatarKey
	return tellVariable(w.tx, v, action, changed...)
}

// finish bounds what is known now, and lets those know who see her name and picture.
func (w *variableWrite) finish() error {
	count, size := w.extent()
	if count > max(maxVariables, w.count) || size > max(maxVariableBytes, w.size) {
		return tooManyVariables()
	}
	if !w.face {
		return nil
	}
	return w.service.tellFace(w.tx, w.visitor, w.room, w.at)
}
