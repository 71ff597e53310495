package models

// PrivatePub is an organisation's secret for subscriptions that its site signs and for its pushes, as the gem
// private_pub has them; without one the organisation takes neither.
type PrivatePub struct {
	OrganizationID int64 `json:"organization_id" gorm:"primaryKey;autoIncrement:false"`
	// Secret is kept as it is: such a signature can be checked in no other way. SecretHash finds it.
	Secret     string `json:"-"`
	SecretHash string `json:"-"`
	// CreatedAt differs from secret to secret.
	CreatedAt Time `json:"created_at" gorm:"autoCreateTime:false"`
}
