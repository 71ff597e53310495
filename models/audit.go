package models

// AuditEntry is a line of the audit log: who did what to what. It holds no secret and nothing that a visitor said;
// the ids of erased visitors are replaced by a mark.
type AuditEntry struct {
	ID int64 `gorm:"primaryKey"`
	// OrganizationID is nil for what belongs to none: a sign-in at an account that does not exist.
	OrganizationID *int64
	At             Time
	// ActorKind is visitor, manager, key, secret, operator, command, system, stranger, or others where too many were
	// refused to tell them apart. The last four and strangers have no id.
	ActorKind, ActorID string
	Action             AuditAction
	// TargetKind says what TargetID names; both are empty for what has no target.
	TargetKind, TargetID string
	// Address is where the call came from, as limits count it; empty when nobody knows.
	Address string
	// Count is 1, or how many refusals of the same kind there were within the minute that At is in.
	Count int
	// Details is a JSON object.
	Details string
}

// TableName is the table's.
func (AuditEntry) TableName() string { return "audit" }

// AuditAction is what was done.
type AuditAction string

// Actions. Those of the first group are refusals and are gathered.
const (
	AuditSignInFailed        AuditAction = "sign_in_failed"       // the password is wrong
	AuditSignInLocked        AuditAction = "sign_in_locked"       // after too many wrong ones
	AuditCredentialRefused   AuditAction = "credential_refused"   // #nosec G101 -- a name: a token or key that does not hold
	AuditCallDenied          AuditAction = "call_denied"          // 403
	AuditSubscriptionDenied  AuditAction = "subscription_denied"  // by the gate
	AuditPublicationDenied   AuditAction = "publication_denied"   // by the gate
	AuditSubscriptionRevoked AuditAction = "subscription_revoked" // ended without a word, since rights changed

	AuditSignIn            AuditAction = "sign_in"
	AuditSignedOut         AuditAction = "signed_out_everywhere"
	AuditPasswordChanged   AuditAction = "password_changed"
	AuditUnlocked          AuditAction = "sign_ins_unlocked"
	AuditManagerAdded      AuditAction = "manager_added"
	AuditManagerLeft       AuditAction = "manager_left"
	AuditRoleChanged       AuditAction = "role_changed"
	AuditOrganizationAdded AuditAction = "organization_added"
	AuditOrganizationGone  AuditAction = "organization_deleted"
	AuditKeyAdded          AuditAction = "key_added"
	AuditKeyChanged        AuditAction = "key_changed"
	AuditKeyDeleted        AuditAction = "key_deleted"
	AuditSecretAdded       AuditAction = "site_secret_added"
	AuditSecretChanged     AuditAction = "site_secret_changed"
	AuditSecretDeleted     AuditAction = "site_secret_deleted"
	AuditRoomKeyAdded      AuditAction = "room_key_added" // with which a room's visitors' data is signed
	AuditRoomKeyDeleted    AuditAction = "room_key_deleted"
	AuditPrivatePubOn      AuditAction = "private_pub_on" // or another secret
	AuditPrivatePubOff     AuditAction = "private_pub_off"
	AuditWebhookAdded      AuditAction = "webhook_added"
	AuditWebhookChanged    AuditAction = "webhook_changed"
	AuditWebhookDeleted    AuditAction = "webhook_deleted"
	AuditRoomAdded         AuditAction = "room_added"
	AuditRoomChanged       AuditAction = "room_changed"
	AuditRoomDeleted       AuditAction = "room_deleted"
	AuditTeamAdded         AuditAction = "team_added"
	AuditTeamChanged       AuditAction = "team_changed" // or who is in it
	AuditTeamDeleted       AuditAction = "team_deleted"
	AuditExported          AuditAction = "visitor_exported"
	AuditErasureBegun      AuditAction = "erasure_begun"
	AuditErased            AuditAction = "visitor_erased"
	AuditRetentionChanged  AuditAction = "retention_changed"
	AuditRetained          AuditAction = "retention_run" // old conversations were removed
)
