// Package visitorinfo makes out what a visitor's browser and address tell: device, browser and system from the user
// agent, the kind of page that she came from, and, from databases in MaxMind's format, where her address is and whose.
package visitorinfo
