using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Fabric.Contracts;

namespace Fabric.KubernetesApi.Tests;

/// <summary>What clients ask for beside objects: discovery and tables, and kubectl itself.</summary>
public sealed class ApiServerDocumentTests : IAsyncLifetime
{
    private readonly ApiState _state = ApiState.Start(TimeProvider.System);
    private ApiServer _server = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _state.LoadText(WidgetObject.Definition);
        _state.LoadText("""
            apiVersion: test.fabric.cni.dev/v1
            kind: Widget
            metadata: {name: a}
            spec: {size: 7}
            ---
            apiVersion: v1
            kind: Node
            metadata: {name: n}
            status: {conditions: [{type: Ready, status: "True"}], addresses: [{type: InternalIP, address: 192.0.2.1}]}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeName: n, containers: [{name: c, image: i}]}}
            """);
        _server = await ApiServer.StartAsync(_state, ApiServerOptions.Plain, TimeProvider.System);
        _http = new HttpClient { BaseAddress = new Uri(_server.Url) };
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Discovery_names_groups_kinds_and_subresources()
    {
        Assert.Equal("v1", (string)(await Get("/api"))["versions"]![0]!);
        var groups = (await Get("/apis"))["groups"]!.AsArray().Select(group => (string)group!["name"]!);
        Assert.Equal(["apiextensions.k8s.io", "coordination.k8s.io", "test.fabric.cni.dev"], groups.Order(StringComparer.Ordinal));
        var widgets = (await Get("/apis/test.fabric.cni.dev/v1"))["resources"]!.AsArray();
        Assert.Equal(["widgets", "widgets/status"], widgets.Select(resource => (string)resource!["name"]!));
        Assert.Equal("wd", (string)widgets[0]!["shortNames"]![0]!);
        Assert.Equal("test.fabric.cni.dev/v1", (string)(await Get("/apis/test.fabric.cni.dev"))["preferredVersion"]!["groupVersion"]!);
    }

    [Theory]
    [InlineData("/apis/test.fabric.cni.dev/v1/widgets", "Name Size Phase", "a 7 ")]
    [InlineData("/api/v1/nodes/n", "Name Status Roles Age Version Internal-IP", "n Ready <none>")]
    [InlineData("/api/v1/namespaces/default/pods", "Name Ready Status Restarts Age IP Node", "p 0/1 Pending 0")]
    public async Task A_table_has_the_columns_of_its_kind(string path, string columns, string cells)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/json;as=Table;v=v1;g=meta.k8s.io"));
        using var answer = await _http.SendAsync(request);
        var table = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal("Table", (string)table["kind"]!);
        var names = table["columnDefinitions"]!.AsArray().Select(column => column!["name"]);
        Assert.StartsWith(columns, string.Join(' ', names), StringComparison.Ordinal);
        var row = Assert.Single(table["rows"]!.AsArray())!;
        Assert.StartsWith(cells, string.Join(' ', row["cells"]!.AsArray().Select(cell => cell?.ToString())), StringComparison.Ordinal);
        Assert.Equal("PartialObjectMetadata", (string)row["object"]!["kind"]!);
    }

    [Fact]
    public async Task Items_of_a_list_repeat_their_kind_only_if_it_is_custom()
    {
        Assert.Null((await Get("/api/v1/nodes"))["items"]![0]!["kind"]);
        Assert.Equal("Widget", (string)(await Get("/apis/test.fabric.cni.dev/v1/widgets"))["items"]![0]!["kind"]!);
    }

    [SkippableFact]
    public async Task Kubectl_takes_it_for_an_API_server()
    {
        var kubectl = $"{Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS")}:{Environment.GetEnvironmentVariable("PATH")}".Split(':')
            .Select(folder => Path.Combine(folder, "kubectl")).FirstOrDefault(File.Exists);
        Skip.If(kubectl is null, "kubectl is neither in KUBEBUILDER_ASSETS nor in PATH");
        var folder = Directory.CreateTempSubdirectory("fab-t-kubectl-").FullName;
        try
        {
            await using var secured = await ApiServer.StartAsync(_state, ApiServerOptions.Secured, TimeProvider.System);
            secured.SetTokens("kubectl");
            await File.WriteAllTextAsync(Path.Combine(folder, "config"), Kubeconfig.Of(secured, "kubectl"));
            var manifest = Path.Combine(folder, "b.yaml");
            await File.WriteAllTextAsync(manifest, "apiVersion: test.fabric.cni.dev/v1\nkind: Widget\nmetadata: {name: b}\nspec: {size: 8}\n");
            await Says("widget.test.fabric.cni.dev/b created", "apply", "-f", manifest);
            await Says("unchanged", "apply", "-f", manifest);
            await Says("serverside-applied", "apply", "--server-side", "--force-conflicts", "-f", manifest);
            Assert.Equal("a 7,b 8", string.Join(',', Lines(await Run("get", "wd", "--no-headers"))));
            var node = Lines(await Run("get", "nodes", "-o", "wide", "--no-headers")).Single();
            Assert.StartsWith("n Ready <none>", node, StringComparison.Ordinal);
            await Says("Size:", "describe", "wd", "b");
            await Says("patched", "patch", "node", "n", "-p", """{"metadata":{"labels":{"x":"y"}}}""");
            await Says("deleted", "delete", "-f", manifest);
            await Says("condition met", "wait", "--for=condition=Established", "crd/widgets.test.fabric.cni.dev");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        async Task Says(string what, params string[] arguments) => Assert.Contains(what, await Run(arguments), StringComparison.Ordinal);

        async Task<string> Run(params string[] arguments)
        {
            string[] always = [$"--kubeconfig={folder}/config", $"--cache-dir={folder}/cache", "--request-timeout=20s"];
            var start = new ProcessStartInfo(kubectl, [.. always, .. arguments])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, $"kubectl {string.Join(' ', arguments)}: {await errors}");
            return await output;
        }

        static IEnumerable<string> Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    private async Task<JsonNode> Get(string path) => JsonNode.Parse(await _http.GetStringAsync(path))!;
}
