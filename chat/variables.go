package chat

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"parley/models"
)

// Variables are what a site says of a visitor in a room: values by keys. Managers see them; username and avatar are
// what the room calls her (see Face). Backends write them with a key and are believed; pages write them as the visitor,
// with a signature or, unless the room demands one, without. What was said last holds, signed or not.

// Variables lists a visitor's in a room of the caller's organisation, by their keys.
func (s *Service) Variables(ctx context.Context, p Principal, room models.Room, visitorID string) ([]models.VisitorVariable, error) {
	id, err := s.seenVisitor(ctx, p, room, visitorID)
	if err != nil {
		return nil, err
	}
	return s.store.View(ctx).Variables(room.ID, id)
}

// Variable reads one.
func (s *Service) Variable(ctx context.Context, p Principal, room models.Room, visitorID, key string) (models.VisitorVariable, error) {
	id, err := s.seenVisitor(ctx, p, room, visitorID)
	if err != nil {
		return models.VisitorVariable{}, err
	}
	v, err := s.store.View(ctx).Variable(room.ID, id, key)
	return v, orNoVariable(err)
}

func orNoVariable(err error) error {
	return orNotFound(err, "variable_not_found", "There is no such variable")
}

// SetVariable writes one that a backend, or somebody with the permission settings, says. It may be there already.
func (s *Service) SetVariable(ctx context.Context, p Principal, room models.Room, visitorID, key string, value json.RawMessage) (models.VisitorVariable, error) {
	return s.writeVariable(ctx, p, room, visitorID, key, value, false)
}

// ChangeVariable is SetVariable for one that must be there.
func (s *Service) ChangeVariable(ctx context.Context, p Principal, room models.Room, visitorID, key string, value json.RawMessage) (models.VisitorVariable, error) {
	return s.writeVariable(ctx, p, room, visitorID, key, value, true)
}

func (s *Service) writeVariable(ctx context.Context, p Principal, room models.Room, visitorID, key string, value json.RawMessage, known bool) (written models.VisitorVariable, err error) {
	id, err := s.sitesVisitor(ctx, p, room, visitorID)
	if err != nil {
		return written, err
	}
	if known { // what is not there is not found, whatever it is to be
		if _, err := s.store.View(ctx).Variable(room.ID, id, key); err != nil {
			return written, orNoVariable(err)
		}
	}
	if value, err = cleanVariable(key, value); err != nil {
		return written, err
	}
	err = s.update(ctx, func(tx Tx) error {
		w, err := s.variablesOf(tx, room, id)
		if err != nil {
			return err
		}
		if _, there := w.known[key]; known && !there {
			return orNoVariable(ErrNoRecord)
		}
		if err := w.set(key, value, true); err != nil {
			return err
		}
		written = w.known[key]
		return w.finish()
	})
	return written, err
}

// DeleteVariable removes one.
func (s *Service) DeleteVariable(ctx context.Context, p Principal, room models.Room, visitorID, key string) error {
	id, err := s.sitesVisitor(ctx, p, room, visitorID)
	if err != nil {
		return err
	}
	return s.removeVariables(ctx, room, id, key)
}

// removeVariables removes the one with the key; an empty key: all of them.
func (s *Service) removeVariables(ctx context.Context, room models.Room, visitorID, key string) error {
	return s.update(ctx, func(tx Tx) error {
		w, err := s.variablesOf(tx, room, visitorID)
		if err != nil {
			return err
		}
		if _, there := w.known[key]; key != "" && !there {
			return orNoVariable(ErrNoRecord)
		}
		for _, one := range slices.Sorted(maps.Keys(w.known)) {
			if key != "" && one != key {
				continue
			}
			if err := w.remove(one); err != nil {
				return err
			}
		}
		return w.finish()
	})
}

// Submission is what a page says of its visitor.
type Submission struct {
	// Variables is an object; for a JWT a string.
	Variables json.RawMessage
	// Algorithm is how they are signed; empty is Plain.
	Algorithm string
	// Replace takes away what is not said again.
	Replace bool
}

// The rate at which a page may write, for each visitor.
const (
	submitsPerSecond = 5
	submitsBurst     = 50
)

// SubmitVariables writes what the visitor's page says of her, all of it or nothing, and lists what is known then.
func (s *Service) SubmitVariables(ctx context.Context, p Principal, room models.Room, visitorID string, sub Submission) (list []models.VisitorVariable, err error) {
	if err := s.ownVisitor(p, room.OrganizationID, visitorID); err != nil {
		return nil, err
	}
	values, signed, err := s.opened(ctx, room, sub)
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, func(tx Tx) error {
		if err := s.ensureVisitor(tx, visitorID, room.OrganizationID); err != nil {
			return err
		}
		w, err := s.variablesOf(tx, room, visitorID)
		if err != nil {
			return err
		}
		if err := w.submit(values, signed, sub.Replace); err != nil {
			return err
		}
		list = w.list()
		return w.finish()
	})
	return list, err
}

// opened checks the signature, if there is one or has to be one.
func (s *Service) opened(ctx context.Context, room models.Room, sub Submission) (values Values, signed bool, err error) {
	if len(sub.Variables) > maxSubmitted {
		return nil, false, ErrDataShape
	}
	signed = sub.Algorithm != "" && sub.Algorithm != Plain
	if signed {
		values, err = s.openSigned(ctx, room, sub)
	} else {
		if values, err = ParseValues(sub.Variables); err == nil && room.SignaturesRequired {
			err = ErrDataUnsigned
		}
	}
	if err != nil {
		return nil, false, err
	}
	values, err = cleanValues(values)
	return values, signed, err
}

func (s *Service) openSigned(ctx context.Context, room models.Room, sub Submission) (Values, error) {
	keys, err := s.store.View(ctx).RoomKeys(room.ID)
	if err != nil {
		return nil, err
	}
	return s.gate.verifier.VerifyData(sub.Variables, sub.Algorithm, SigningKeys{Keys: keys, Checksums: room.Checksums}, now().Time())
}

// RemoveVariable removes one that the visitor's page names; nothing needs to be signed for that. An empty key removes
// all, though there are none.
func (s *Service) RemoveVariable(ctx context.Context, p Principal, room models.Room, visitorID, key string) error {
	if err := s.ownVisitor(p, room.OrganizationID, visitorID); err != nil {
		return err
	}
	_, err := s.store.View(ctx).Visitor(visitorID)
	if errors.Is(err, ErrNoRecord) && key == "" {
		return nil // nothing is hers yet
	}
	if err != nil {
		return orNoVariable(err)
	}
	return s.removeVariables(ctx, room, visitorID, key)
}

// ownVisitor lets a visitor speak of herself, and of nobody else, and bounds how often.
func (s *Service) ownVisitor(p Principal, organizationID int64, visitorID string) error {
	if err := s.gate.maySpeakOf(p, organizationID, visitorID); err != nil {
		return err
	}
	return s.submits.Take(visitorID)
}

// sitesVisitor finds the visitor whom somebody with the permission settings means, in a room of her organisation.
func (s *Service) sitesVisitor(ctx context.Context, p Principal, room models.Room, visitorID string) (string, error) {
	if err := maySettings(p); err != nil {
		return "", err
	}
	return s.knownVisitor(ctx, p, room, visitorID)
}

// seenVisitor does so for whoever may know visitors.
func (s *Service) seenVisitor(ctx context.Context, p Principal, room models.Room, visitorID string) (string, error) {
	if err := s.gate.mayKnowVisitors(p); err != nil {
		return "", err
	}
	return s.knownVisitor(ctx, p, room, visitorID)
}

// knownVisitor is whom a visitor's id means in the caller's organisation. She need not have been in the room.
func (s *Service) knownVisitor(ctx context.Context, p Principal, room models.Room, visitorID string) (string, error) {
	if p.OrganizationID != room.OrganizationID {
		return "", roomNotFound()
	}
	v, err := s.visitorOf(ctx, p, visitorID)
	return v.ID, err
}

// visitorOf reads whom a visitor's id means in the caller's organisation.
func (s *Service) visitorOf(ctx context.Context, p Principal, visitorID string) (models.Visitor, error) {
	if !models.ValidVisitorID(visitorID) {
		return models.Visitor{}, visitorNotFound(visitorID)
	}
	id, err := s.meant(ctx, p, visitorID, &Sender{})
	if err != nil {
		return models.Visitor{}, err
	}
	v, err := s.store.View(ctx).Visitor(id)
	if err == nil && v.OrganizationID != p.OrganizationID {
		err = ErrNoRecord
	}
	return v, orNotFound(err, "visitor_not_found", "There is no visitor %s", visitorID)
}

func roomNotFound() *Error { return E(NotFound, "room_not_found", "There is no such room") }
