package preview

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
)

// packed is a data set as page/data.js unpacks it: column by column, small enough for a million rows.
type packed struct {
	Rows    int            `json:"rows"`
	Columns []packedColumn `json:"columns"`
}

// packedColumn has its values little-endian, compressed by gzip, in base64: places in the dictionary as
// 32-bit numbers, or 64-bit floating-point numbers, which for dates are milliseconds since 1970.
type packedColumn struct {
	Name       string       `json:"name"`
	Type       dataset.Type `json:"type"`
	Dictionary []*string    `json:"dictionary,omitempty"` // what the places mean; the first is no value
	Values     string       `json:"values"`
}

// A column gathers the values of one column.
type column struct {
	dataset.Column
	dictionary []*string
	places     map[string]uint32
	codes      []uint32
	numbers    []float64
}

func newColumn(c dataset.Column) *column {
	made := &column{Column: c}
	if c.Type == dataset.String || c.Type == dataset.Boolean {
		made.dictionary, made.places = []*string{nil}, map[string]uint32{}
	}
	return made
}

// add takes a value; nil is none.
func (c *column) add(text *string) error {
	if c.places != nil {
		c.codes = append(c.codes, c.place(text))
		return nil
	}
	value := math.NaN()
	if text != nil && *text != "" {
		var err error
		if value, err = c.read(*text); err != nil {
			return fmt.Errorf("the column %q holds %q; want %s", c.Name, *text, map[bool]string{true: "dates", false: "numbers"}[c.Type == dataset.DateTime])
		}
	}
	c.numbers = append(c.numbers, value)
	return nil
}

func (c *column) place(text *string) uint32 {
	if text == nil {
		return 0
	}
	place, known := c.places[*text]
	if !known {
		place = uint32(len(c.dictionary))
		c.places[*text], c.dictionary = place, append(c.dictionary, text)
	}
	return place
}

var moments = []string{time.DateTime, time.DateOnly, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05-07", "2006-01-02 15:04:05 UTC", time.RFC3339, "2006-01-02T15:04:05"}

func (c *column) read(text string) (float64, error) {
	if c.Type != dataset.DateTime {
		return strconv.ParseFloat(text, 64)
	}
	for _, format := range moments {
		if at, err := time.Parse(format, text); err == nil {
			return float64(at.UnixMilli()), nil
		}
	}
	return 0, fmt.Errorf("%q is no date", text)
}

func (c *column) pack() (packedColumn, error) {
	var values any = c.numbers
	if c.places != nil {
		values = c.codes
	}
	var text bytes.Buffer
	encoder := base64.NewEncoder(base64.StdEncoding, &text)
	compressor, _ := gzip.NewWriterLevel(encoder, gzip.BestSpeed)
	if err := binary.Write(compressor, binary.LittleEndian, values); err != nil {
		return packedColumn{}, err
	}
	if err := compressor.Close(); err != nil {
		return packedColumn{}, err
	}
	err := encoder.Close()
	return packedColumn{c.Name, c.Type, c.dictionary, text.String()}, err
}
