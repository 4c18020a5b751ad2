// The Node.js language host: runs `node` for the programs, policy packs and plugins that the engine names. The official
// one is in no Go module. What this one must do alike is in test/engine.test.ts. Not here, for nothing of ours needs it:
// synchronous invokes, finding plugins before they are used, attaching, debugging, installing, generating code.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/shlex"
	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

type host struct {
	rpc.UnimplementedLanguageRuntimeServer
	engine string
	active context.Context // until cancel: the engine cancels or is gone, or this process is told to end
	cancel context.CancelFunc
}

func main() {
	flag.String("tracing", "", "the engine may pass it; not used")
	flag.Parse()
	alive, leave := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	h := &host{engine: flag.Arg(0)}
	h.active, h.cancel = context.WithCancel(alive)
	stop := make(chan bool)
	context.AfterFunc(alive, func() { close(stop) })
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Cancel: stop, Init: func(server *grpc.Server) error {
		rpc.RegisterLanguageRuntimeServer(server, h)
		return rpcutil.Healthcheck(alive, h.engine, time.Second, leave) // a killed engine tells nobody that it goes
	}})
	if err == nil {
		fmt.Println(server.Port)
		err = <-server.Done
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-nodejs:", err)
		os.Exit(1)
	}
}

func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.cancel()
	return &emptypb.Empty{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*rpc.PluginInfo, error) {
	return &rpc.PluginInfo{Version: version.Version}, nil
}

func (h *host) About(context.Context, *rpc.AboutRequest) (*rpc.AboutResponse, error) {
	node := exec.Command("node", "--version")
	version, err := node.Output()
	return &rpc.AboutResponse{Executable: node.Path, Version: strings.TrimSpace(string(version))}, err
}

func (h *host) Run(ctx context.Context, in *rpc.RunRequest) (*rpc.RunResponse, error) {
	program, err := h.node(ctx, in.Info, "run", os.Environ())
	if err != nil {
		return &rpc.RunResponse{Error: err.Error()}, nil
	}
	program.Env = append(program.Env, asJSON("PULUMI_CONFIG", in.Config),
		asJSON("PULUMI_CONFIG_SECRET_KEYS", in.ConfigSecretKeys))
	program.Args = append(program.Args, "--monitor", in.MonitorAddress, "--engine", h.engine,
		"--organization", in.Organization, "--project", in.Project, "--root-directory", in.Info.RootDirectory,
		"--stack", in.Stack, "--pwd", in.Info.ProgramDirectory, "--parallel", strconv.Itoa(int(in.Parallel)),
		"--dry-run="+strconv.FormatBool(in.DryRun), in.Info.EntryPoint)
	program.Args = append(program.Args, in.Args...)
	// Through pipes: node would make the host's own files non-blocking.
	program.Stdout, program.Stderr = struct{ io.Writer }{os.Stdout}, struct{ io.Writer }{os.Stderr}
	err = program.Run()
	if exit := new(exec.ExitError); errors.As(err, &exit) && exit.ExitCode() == 32 {
		return &rpc.RunResponse{Bail: true}, nil // the SDK has shown the error
	} else if exit.ProcessState != nil {
		return &rpc.RunResponse{Error: fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())}, nil
	}
	return &rpc.RunResponse{}, err
}

func (h *host) RunPlugin(in *rpc.RunPluginRequest, server rpc.LanguageRuntime_RunPluginServer) error {
	_, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	isPack := in.Kind == "analyzer"
	script := map[bool]string{true: "run-policy-pack", false: "run-plugin"}[isPack]
	plugin, err := h.node(server.Context(), in.Info, script, in.Env)
	if err != nil {
		return err
	}
	directory := in.Info.ProgramDirectory
	if !isPack {
		plugin.Args = append(append(plugin.Args, directory), in.Args...)
		plugin.Dir, plugin.Stdout, plugin.Stderr = in.Pwd, stdout, stderr
		return plugin.Run()
	}
	// A pack reads its stack from the environment: it starts once the engine has told the stack to the proxy.
	proxy, packStdout, err := sdk.NewPolicyProxy(server.Context(), stdout)
	if err != nil {
		return err
	}
	stack, err := proxy.AwaitConfiguration(server.Context())
	if err != nil {
		return err
	}
	if stack != nil {
		plugin.Env = append(plugin.Env, asJSON("PULUMI_CONFIG", stack.Config), "PULUMI_NODEJS_ORGANIZATION="+stack.Organization,
			"PULUMI_NODEJS_PROJECT="+stack.Project, "PULUMI_NODEJS_STACK="+stack.Stack,
			"PULUMI_NODEJS_DRY_RUN="+strconv.FormatBool(stack.DryRun))
	}
	plugin.Args = append(append(plugin.Args, in.Args...), directory)
	plugin.Dir, plugin.Stdout, plugin.Stderr = directory, packStdout, stderr
	if err = plugin.Start(); err == nil {
		err = proxy.Attach(server.Context(), plugin)
	}
	return err
}

// node prepares `node` to run a script of the @pulumi/pulumi that the program itself would load.
func (h *host) node(ctx context.Context, info *rpc.ProgramInfo, script string, env []string) (*exec.Cmd, error) {
	find := exec.Command("node", "-p", "require.resolve('@pulumi/pulumi/cmd/"+script+"')")
	find.Dir = info.ProgramDirectory
	path, err := find.Output()
	if err != nil {
		return nil, fmt.Errorf("node finds no @pulumi/pulumi for %s (%w): run `npm ci` there", info.ProgramDirectory, err)
	}
	options := info.Options.AsMap()
	nodeargs, _ := options["nodeargs"].(string)
	args, err := shlex.Split(nodeargs)
	if err != nil {
		return nil, fmt.Errorf("the runtime option nodeargs: %w", err)
	}
	env = append(env, "PULUMI_NODEJS_TYPESCRIPT="+strconv.FormatBool(options["typescript"] != false))
	if tsconfig, _ := options["tsconfig"].(string); tsconfig != "" {
		env = append(env, "PULUMI_NODEJS_TSCONFIG_PATH="+tsconfig)
	}
	ctx, end := context.WithCancel(ctx)
	context.AfterFunc(h.active, end)
	command := exec.CommandContext(ctx, "node", append(args, strings.TrimSpace(string(path)))...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay, command.Env = 5*time.Second, env
	return command, nil
}

func asJSON(variable string, value any) string {
	text, _ := json.Marshal(value)
	if string(text) == "null" {
		return variable + "={}" // what the SDK takes for nothing
	}
	return variable + "=" + string(text)
}
