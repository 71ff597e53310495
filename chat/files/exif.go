package files

import (
	"bytes"
	"encoding/binary"
	"image"
)

// exposure is what the segments of a JPEG say beside its measures.
type exposure struct {
	orientation orientation
	progressive bool
}

// orientation is Exif's: 1 is upright, 2 to 8 are mirrored, turned or both.
type orientation uint16

const upright orientation = 1

// turned tells whether width and height change places.
func (o orientation) turned() bool { return o >= 5 && o <= 8 }

// examine reads a JPEG's segments up to the picture itself. What it does not understand it leaves.
func examine(jpeg []byte) exposure {
	found := exposure{orientation: upright}
	for at := 2; at+4 <= len(jpeg) && jpeg[at] == 0xff; {
		marker := jpeg[at+1]
		if marker == 0xff { // padding
			at++
			continue
		}
		length := int(binary.BigEndian.Uint16(jpeg[at+2:]))
		if length < 2 || marker == 0xda || at+2+length > len(jpeg) {
			break
		}
		body := jpeg[at+4 : at+2+length]
		switch marker {
		case 0xe1:
			if o := exifOrientation(body); o != 0 {
				found.orientation = o
			}
		case 0xc2, 0xc6, 0xca, 0xce:
			found.progressive = true
		}
		at += 2 + length
	}
	return found
}

// exifOrientation reads tag 0x112 of the first directory; 0 when there is none.
func exifOrientation(segment []byte) orientation {
	tiff, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00"))
	if !ok || len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	first := order.Uint32(tiff[4:])
	if int64(first)+2 > int64(len(tiff)) {
		return 0
	}
	directory := tiff[first:]
	for i := range int(order.Uint16(directory)) {
		at := 2 + 12*i
		if at+12 > len(directory) {
			break
		}
		if order.Uint16(directory[at:]) != 0x112 {
			continue
		}
		if o := orientation(order.Uint16(directory[at+8:])); o >= 1 && o <= 8 {
			return o
		}
	}
	return 0
}

// apply makes the picture upright.
func (o orientation) apply(from *image.RGBA) *image.RGBA {
	if o <= upright {
		return from
	}
	w, h := from.Rect.Dx(), from.Rect.Dy()
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	if o.turned() {
		to = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch o {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			to.SetRGBA(tx, ty, from.RGBAAt(x, y))
		}
	}
	return to
}
