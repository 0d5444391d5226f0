using System.Text;
using Fabric.Messages;
using Fabric.Messages.Cni;
using Fabric.Node.Cni;

namespace Fabric.Node.Tests.Cni;

/// <summary>What counts as the same configuration when an ADD is repeated.</summary>
public sealed class ConfigurationDigestTests
{
    private const string Base = """{"cniVersion":"1.0.0","name":"pods","type":"fabric-cni","mtu":1400,"ipam":{"type":"x","a":1,"b":[1,2]}}""";

    private static string Digest(string stdin, string args = "")
    {
        var frame = new CniRequestFrame(
            "ADD", "c0ffee", "/run/netns/x", "eth0", args, "/opt/cni/bin", CniNetNs.Attached, Encoding.UTF8.GetBytes(stdin));
        return Assert.IsType<CniParse.Parsed>(CniRequest.Parse(frame, new CorrelationId("x"))).Request.Configuration.Digest;
    }

    [Fact]
    public void The_digest_of_a_configuration_is_for_ever() =>
        // printf '{"configuration":{"ipam":{"a":1,"b":[1,2],"type":"x"},"mtu":1400,"name":"pods","type":"fabric-cni"},"ips":[]}' |
        // sha256sum
        Assert.Equal("70c973f90c49dfec9d17e5b2f5aff4568ec7c9299bd2fe7afe5f745d8b3a7864", Digest(Base));

    [Theory]
    [InlineData("""{"ipam":{"b":[1, 2],"a":1,"type":"x"},"mtu":1400, "type":"fabric-cni","name":"pods","cniVersion":"1.0.0"}""", "")]
    [InlineData("""{"cniVersion":"1.1.0","cniVersions":["1.1.0"],"name":"pods","type":"fabric-cni","mtu":1400,"ipam":{"type":"x","a":1,"b":[1,2]}}""", "")]
    [InlineData(Base, "K8S_POD_NAME=a;K8S_POD_NAMESPACE=b")]
    [InlineData("""
        {"cniVersion":"1.0.0","name":"pods","type":"fabric-cni","mtu":1400,"ipam":{"type":"x","a":1,"b":[1,2]},
        "prevResult":{"cniVersion":"1.0.0"},"agentSocket":"/x","capabilities":{"mac":true},"args":{"cni":{"labels":[]}},
        "runtimeConfig":{"portMappings":[]},"cni.dev/attachments":[]}
        """, "")]
    public void What_may_change_between_two_calls_does_not_count(string stdin, string args) => Assert.Equal(Digest(Base), Digest(stdin, args));

    [Theory]
    [InlineData("""{"cniVersion":"1.0.0","name":"pods","network":"blue","type":"fabric-cni","mtu":1400,"ipam":{}}""", "")]
    [InlineData("""{"cniVersion":"1.0.0","name":"pods2","type":"fabric-cni","mtu":1400,"ipam":{"type":"x","a":1,"b":[1,2]}}""", "")]
    [InlineData("""{"cniVersion":"1.0.0","name":"pods","type":"fabric-cni","mtu":1401,"ipam":{"type":"x","a":1,"b":[1,2]}}""", "")]
    [InlineData("""{"cniVersion":"1.0.0","name":"pods","type":"fabric-cni","mtu":1400,"ipam":{"type":"x","a":1,"b":[2,1]}}""", "")]
    [InlineData("""{"cniVersion":"1.0.0","name":"pods","type":"fabric-cni","mtu":1400,"ipam":{"type":"x","a":1,"b":[1,2]},"vlan":7}""", "")]
    [InlineData(Base, "MAC=02:00:00:00:00:01")]
    [InlineData(Base, "IP=10.0.0.9")]
    public void What_an_attachment_depends_on_counts(string stdin, string args) => Assert.NotEqual(Digest(Base), Digest(stdin, args));

    [Fact]
    public void A_mac_counts_alike_wherever_it_stands() => Assert.Equal(
        Digest(Base, "MAC=02:00:00:00:00:01"),
        Digest(Base[..^1] + ",\"runtimeConfig\":{\"mac\":\"02:00:00:00:00:01\"}}"));
}
