package files

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	_ "image/gif" // decoders of what is shown
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"parley/chat"
)

const (
	// thumbSide is the longer side of a small picture, in pixels.
	thumbSide = 320
	// maxDecoded bounds the memory that a picture needs, opened up: 40 megapixels of an ordinary one.
	maxDecoded = 160 << 20
	// maxMeta is how far into a file its measures are looked for: cameras put a picture of their own before them.
	maxMeta = 256 << 10
)

var errTooBig = errors.New("files: the picture is too large to be opened")

// Picture measures an image and makes a small one, as it is shown: turned as the camera says. What cannot be read
// has no measures; what is too large, or waits longer than ctx, has them and no small picture, and an error that
// tells why. One picture is made at a time.
func (m *Media) Picture(ctx context.Context, r io.Reader) (chat.Picture, error) {
	source := bufio.NewReaderSize(r, maxMeta)
	meta, err := source.Peek(maxMeta)
	if err != nil && err != io.EOF {
		return chat.Picture{}, err
	}
	shape, format, err := image.DecodeConfig(bytes.NewReader(meta))
	if err != nil {
		return chat.Picture{}, err
	}
	camera := exposure{orientation: upright}
	if format == "jpeg" {
		camera = examine(meta)
	}
	p := chat.Picture{Width: shape.Width, Height: shape.Height}
	if camera.orientation.turned() {
		p.Width, p.Height = p.Height, p.Width
	}
	if shape.Width <= 0 || shape.Height <= 0 {
		return chat.Picture{}, errors.New("files: the picture has no size")
	}
	if int64(shape.Width)*int64(shape.Height) > maxDecoded/int64(pixelBytes(shape, camera)) {
		return p, errTooBig
	}
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-ctx.Done():
		return p, ctx.Err()
	}
	if p.Thumbnail, err = reduce(source, camera.orientation); err != nil {
		return chat.Picture{}, err
	}
	return p, nil
}

// pixelBytes is how much memory decoding takes for each pixel.
func pixelBytes(shape image.Config, camera exposure) int {
	switch {
	case camera.progressive: // all coefficients are kept until the end, four bytes each
		return 16
	case shape.ColorModel == color.RGBA64Model, shape.ColorModel == color.NRGBA64Model, shape.ColorModel == color.Gray16Model:
		return 8
	}
	return 4
}

func reduce(r io.Reader, o orientation) ([]byte, error) {
	full, _, err := image.Decode(r)
	if err != nil {
		return nil, err
	}
	// In two steps: the first is quick and rough, the second looks at every pixel that is left.
	small := scale(draw.BiLinear, scale(draw.ApproxBiLinear, full, 4*thumbSide), thumbSide)
	upright := o.apply(small)
	var out bytes.Buffer
	if upright.Opaque() {
		err = jpeg.Encode(&out, upright, &jpeg.Options{Quality: 80})
	} else {
		err = png.Encode(&out, upright)
	}
	return out.Bytes(), err
}

// scale fits a picture into a square; a smaller one keeps its size.
func scale(with draw.Scaler, from image.Image, side int) *image.RGBA {
	size := from.Bounds().Size()
	if long := max(size.X, size.Y); long > side {
		size = image.Pt(max(1, size.X*side/long), max(1, size.Y*side/long))
	}
	to := image.NewRGBA(image.Rectangle{Max: size})
	with.Scale(to, to.Rect, from, from.Bounds(), draw.Src, nil)
	return to
}
