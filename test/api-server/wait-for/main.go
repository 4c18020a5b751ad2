// Whether an object is as its `pulumi.com/waitFor` asks, by the library that Pulumi's Kubernetes provider asks (4.32,
// provider/pkg/jsonpath/jsonpath.go: a path that selects something is satisfied). Reads the object, prints true or false.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/theory/jsonpath"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	satisfied, err := satisfied()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(satisfied)
}

func satisfied() (bool, error) {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return false, err
	}
	var object unstructured.Unstructured
	if err := object.UnmarshalJSON(text); err != nil {
		return false, err
	}
	annotation := object.GetAnnotations()["pulumi.com/waitFor"]
	var conditions []string
	if err := json.Unmarshal([]byte(annotation), &conditions); err != nil || len(conditions) == 0 {
		return false, fmt.Errorf("not a list of conditions: %q", annotation)
	}
	for _, condition := range conditions {
		text, found := strings.CutPrefix(condition, "jsonpath={")
		if !found || !strings.HasSuffix(text, "}") {
			return false, fmt.Errorf("not jsonpath={...}: %q", condition)
		}
		path, err := jsonpath.Parse("$" + strings.TrimSuffix(text, "}"))
		if err != nil {
			return false, err
		}
		if len(path.Select(object.Object)) == 0 {
			return false, nil
		}
	}
	return true, nil
}
