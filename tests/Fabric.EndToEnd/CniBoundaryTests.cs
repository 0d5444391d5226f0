using System.Net.Sockets;
using Fabric.Lab;
using Fabric.Messages.Cni;

namespace Fabric.EndToEnd;

/// <summary>Bad input, other users and broken peers: a precise answer or none, and nothing changed.</summary>
public sealed class CniBoundaryTests(CniLab lab) : IClassFixture<CniLab>
{
    [SkippableTheory]
    [InlineData("not JSON", 6)]
    [InlineData("[]", 6)]
    [InlineData("""{"cniVersion":"9.9.9","name":"pods","type":"fabric"}""", 1)]
    [InlineData("""{"cniVersion":"1.1.0","type":"fabric"}""", 7)]
    [InlineData("""{"cniVersion":"1.1.0","name":"pods"}""", 7)]
    [InlineData("""{"cniVersion":"1.1.0","name":"../pods","type":"fabric"}""", 7)]
    [InlineData("""{"cniVersion":"1.1.0","name":"pods","type":"fabric","mtu":"big"}""", 7)]
    [InlineData("""{"cniVersion":"1.1.0","name":"pods","type":"fabric","mtu":12}""", 7)]
    [InlineData("""{"cniVersion":"1.1.0","name":"pods","type":"fabric","runtimeConfig":{"mac":"zz"}}""", 7)]
    [InlineData("""{"cniVersion":"1.1.0","name":"pods","type":"fabric","runtimeConfig":{"ips":["10.0.0"]}}""", 7)]
    [InlineData("""{"cniVersion":"1.1.0","name":"pods","type":"fabric","runtimeConfig":{"ips":["192.0.2.7"]}}""", 109)]
    [InlineData("""{"cniVersion":"1.1.0","name":"pods","type":"fabric","ipam":{"type":"a/b"}}""", 7)]
    public Task Bad_input_is_named_with_a_correlation_id_and_changes_nothing(string stdin, int code) => lab.TestAsync(async () =>
    {
        using var pod = lab.First.NewPod();
        var text = stdin.StartsWith('{') ? stdin[..^1] + $$""","agentSocket":"{{lab.First.CniSocket}}"}""" : stdin;
        // Without a configuration that can be read, only the environment says where the agent is.
        var refused = (await WithSocketVariableAsync(pod.Call("ADD") with { Stdin = text })).MustFail(code);
        Assert.Contains("correlation ", refused.Details, StringComparison.Ordinal);
        Assert.DoesNotContain("eth0", pod.Namespace.Ip("-br", "link", "show"), StringComparison.Ordinal);
        await Leaks.MustBeExactlyAsync(lab.First);
    });

    [SkippableTheory]
    [InlineData("CNI_CONTAINERID", "../x")]
    [InlineData("CNI_IFNAME", "a/b")]
    [InlineData("CNI_IFNAME", "sixteen-letters-")]
    [InlineData("CNI_NETNS", "/nonexistent/netns")]
    [InlineData("CNI_NETNS", "/etc/hostname")]
    [InlineData("CNI_ARGS", "K8S_POD_NAME")]
    public Task A_bad_variable_is_named(string variable, string value) => lab.TestAsync(async () =>
    {
        using var pod = lab.First.NewPod();
        var call = pod.Call("ADD");
        call = variable switch
        {
            "CNI_CONTAINERID" => call with { ContainerId = value },
            "CNI_IFNAME" => call with { IfName = value },
            "CNI_NETNS" => call with { Netns = value },
            _ => call with { Args = value },
        };
        Assert.Contains(variable, (await call.RunAsync()).MustFail(4).Message, StringComparison.Ordinal);
        await Leaks.MustBeExactlyAsync(lab.First);
    });

    [SkippableFact]
    public Task The_hosts_own_namespace_is_refused() => lab.TestAsync(async () =>
    {
        using var pod = lab.First.NewPod();
        var refused = (await (pod.Call("ADD") with { Netns = lab.First.Namespace.NetnsPath }).RunAsync()).MustFail(4);
        Assert.Contains("own network namespace", refused.Message, StringComparison.Ordinal);
        // DEL goes on without it.
        await pod.AddAsync();
        (await (pod.Call("DEL") with { Netns = lab.First.Namespace.NetnsPath }).RunAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(lab.First);
    });

    [SkippableFact]
    public Task A_user_other_than_root_is_refused_even_with_the_socket_open() => lab.TestAsync(async () =>
    {
        var folder = Path.GetDirectoryName(lab.First.CniSocket)!;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(lab.First.CniSocket));
        LabCommand.Run("chmod", "0777", lab.First.CniSocket);
        LabCommand.Run("chmod", "0755", folder, Path.GetDirectoryName(folder)!);
        try
        {
            // As nobody, who may connect now; the agent asks the kernel who it is.
            var request = "import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n"
                + "try:\n s.send(b'x'*16)\n print(len(s.recv(64)))\nexcept ConnectionError: print(0)";
            Skip.If(!File.Exists("/usr/bin/python3"), "python3 is not installed");
            var answer = LabCommand.Run(
                "setpriv", "--reuid=65534", "--clear-groups", "/usr/bin/python3", "-c", request, lab.First.CniSocket);
            Assert.Equal("0", answer.Trim());
        }
        finally
        {
            LabCommand.Run("chmod", "0600", lab.First.CniSocket);
        }
        await LabWait.UntilAsync(
            () => Task.FromResult(lab.First.Log.Contains("user 65534", StringComparison.Ordinal)), "the refusal is logged");
        using var pod = await lab.First.AddPodAsync();
    });

    [SkippableFact]
    public Task Broken_peers_harm_nobody() => lab.TestAsync(async () =>
    {
        using var half = Connect();
        half.Send(Header(200)[..7]);
        using var stalled = Connect();
        stalled.Send(Header(200));
        using var oversized = Connect();
        oversized.Send(Header(0x7fff_ffff));
        using var noise = Connect();
        noise.Send("GET / HTTP/1.1\r\n\r\n"u8);
        using var silent = Connect();
        using var pod = await lab.First.AddPodAsync();
        Assert.Equal(0, await ReadToEndAsync(oversized));
        await ReadToEndAsync(noise);
        (await pod.DelAsync()).MustSucceed();
        // Those that keep silent lose their connection by the agent's deadline.
        Assert.Equal(0, await ReadToEndAsync(half));
        Assert.Equal(0, await ReadToEndAsync(stalled));
        Assert.Equal(0, await ReadToEndAsync(silent));
    });

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(lab.First.CniSocket));
        return socket;
    }

    /// <summary>The header of a request whose payload has this length (docs/cni.md, wire frame).</summary>
    private static byte[] Header(int payloadLength)
    {
        var header = new byte[CniProtocol.HeaderLength];
        new CniFrameHeader(CniProtocol.Version, CniFrameKind.Request, payloadLength).Write(header);
        return header;
    }

    private static async Task<int> ReadToEndAsync(Socket socket)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        var total = 0;
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, SocketFlags.None, deadline.Token) is > 0 and var count)
                total += count;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Closed with bytes of ours unread: closed all the same.
        }
        return total;
    }

    private async Task<CniRun> WithSocketVariableAsync(CniCall call)
    {
        using var process = call.Start(("FABRIC_CNI_SOCKET", lab.First.CniSocket));
        return await CniCall.ReadAsync(process);
    }
}
