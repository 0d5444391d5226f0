using System.CommandLine;
using System.Net;
using Fabric.KubernetesApi;

var address = new Option<string>("--address") { Description = "The address to listen at", DefaultValueFactory = _ => "127.0.0.1" };
var port = new Option<int>("--port") { Description = "The port; 0: one that is free" };
var token = new Option<string?>("--token") { Description = "Listen with TLS, and take only this bearer token" };
var kubeconfig = new Option<string?>("--kubeconfig") { Description = "Where to write a kubeconfig once it listens" };
var manifests = new Option<string[]>("--load")
{
    Description = "Manifests to load first, CRDs among them", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [],
};
var command = new RootCommand("A Kubernetes API server in memory, for demos and tests. Nothing of it is kept when it ends.")
{
    address, port, token, kubeconfig, manifests,
};
command.SetAction(async (parsed, cancellationToken) =>
{
    try
    {
        await ServeAsync(parsed, cancellationToken);
        return 0;
    }
    catch (Exception exception) when (exception is IOException or FormatException or ApiStatusException)
    {
        // A manifest that is not there or not right, an address that is none, a port that is taken.
        await Console.Error.WriteLineAsync(exception.Message);
        return 1;
    }
});
return await command.Parse(args).InvokeAsync();

async Task ServeAsync(ParseResult parsed, CancellationToken cancellationToken)
{
    var state = ApiState.Start(TimeProvider.System, () => Guid.NewGuid().ToString());
    state.Load(parsed.GetValue(manifests)!);
    var isSecure = parsed.GetValue(token) is not null;
    var options = new ApiServerOptions(IPAddress.Parse(parsed.GetValue(address)!), parsed.GetValue(port), isSecure, isSecure);
    await using var server = await ApiServer.StartAsync(state, options, TimeProvider.System);
    if (parsed.GetValue(token) is { } valid)
        server.SetTokens(valid);
    if (parsed.GetValue(kubeconfig) is { } file)
        await File.WriteAllTextAsync(file, Kubeconfig.Of(server, parsed.GetValue(token)), cancellationToken);
    Console.WriteLine($"listening at {server.Url}");
    var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    await using (cancellationToken.Register(() => end.TrySetResult()))
        await end.Task;
}
