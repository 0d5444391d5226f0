using System.Text;
using Fabric.Messages;
using Fabric.Messages.Cni;
using Fabric.Node.Cni;

namespace Fabric.Node.Tests.Cni;

/// <summary>What a pod's annotations add to a configuration, and where they are overruled or refused.</summary>
public sealed class AnnotatedConfigurationTests
{
    private static readonly PodRef s_pod = new("demo", "a-1", "uid-1");

    private static CniConfiguration Plain(string more = "", string args = "")
    {
        var stdin = $$"""{"cniVersion":"1.1.0","name":"pods","type":"fabric-cni"{{more}}}""";
        var frame = new CniRequestFrame(
            "ADD", "c0ffee", "/run/netns/x", "eth0", args, "/opt/cni/bin", CniNetNs.Attached, Encoding.UTF8.GetBytes(stdin));
        return Assert.IsType<CniParse.Parsed>(CniRequest.Parse(frame, new CorrelationId("c1"))).Request.Configuration;
    }

    private static CniConfiguration Annotated(CniConfiguration plain, string? addresses = null, string? mac = null, string? network = null)
    {
        var (configuration, error) = AnnotatedConfiguration.Of(
            plain, new PodAnnotations(addresses, mac, network), s_pod, new CorrelationId("c1"));
        Assert.Null(error);
        return configuration!;
    }

    private static CniError Refused(CniConfiguration plain, string? addresses = null, string? mac = null, string? network = null)
    {
        var (configuration, error) = AnnotatedConfiguration.Of(
            plain, new PodAnnotations(addresses, mac, network), s_pod, new CorrelationId("c1"));
        Assert.Null(configuration);
        Assert.Equal(CniErrorCode.InvalidConfiguration, error!.Code);
        return error;
    }

    [Fact]
    public void They_say_what_the_configuration_leaves_open()
    {
        var plain = Plain();
        var configuration = Annotated(plain, "10.244.1.77, fd00:244:1::4d/64", "02:00:00:00:00:07", "blue");
        Assert.Equal((IpAddress[])[IpAddress.Parse("10.244.1.77"), IpAddress.Parse("fd00:244:1::4d")], configuration.Ips);
        Assert.Equal("02:00:00:00:00:07", $"{configuration.Mac}");
        Assert.Equal("blue", $"{configuration.VirtualNetwork}");
        Assert.Equal(AnnotationUse.Addresses | AnnotationUse.Mac | AnnotationUse.Network, configuration.Annotations);
        Assert.Equal(
            plain.Digest + ";addresses=10.244.1.77,fd00:244:1::4d;mac=02:00:00:00:00:07;network=blue", configuration.Digest);
    }

    [Theory]
    [InlineData(""","runtimeConfig":{"ips":["10.244.1.9"],"mac":"02:00:00:00:00:09"},"network":"red" """, "")]
    [InlineData(""","args":{"cni":{"ips":["10.244.1.9"],"mac":"02:00:00:00:00:09"}},"network":"red" """, "")]
    [InlineData(""","network":"red" """, "IP=10.244.1.9;MAC=02:00:00:00:00:09")]
    [InlineData(""","network":"default" """, "IP=10.244.1.9;MAC=02:00:00:00:00:09")]
    public void The_configuration_wins_where_both_speak_and_what_it_overrules_is_not_judged(string more, string args)
    {
        var plain = Plain(more, args);
        Assert.Same(plain, Annotated(plain, "10.244.1.77", "02:00:00:00:00:07", "blue"));
        Assert.Same(plain, Annotated(plain, "nonsense", "nonsense", "-"));
    }

    [Fact]
    public void A_pod_without_annotations_keeps_the_configuration_itself()
    {
        var plain = Plain();
        Assert.Same(plain, AnnotatedConfiguration.Of(plain, PodAnnotations.None, s_pod, default).Configuration);
        Assert.Same(plain, Annotated(plain, network: "default"));
    }

    [Theory]
    [InlineData("10.244.1.300")]
    [InlineData("10.244.1.77,10.244.1.78")]
    [InlineData("10.244.1.77,")]
    [InlineData("fd00::1,fd00::2")]
    public void Addresses_are_one_of_each_family(string addresses) => Assert.Equal(
        $"annotation fabric.cni.dev/addresses of pod demo/a-1 = \"{addresses}\" is invalid: "
            + "it must be an IP address, or one of each family with a comma between them",
        Refused(Plain(), addresses).Message);

    [Theory]
    [InlineData("01:00:00:00:00:01")]
    [InlineData("00:00:00:00:00:00")]
    [InlineData("x")]
    public void A_mac_is_a_unicast_one(string mac) => Assert.StartsWith(
        $"annotation fabric.cni.dev/mac of pod demo/a-1 = \"{mac}\" is invalid: it must be a unicast MAC", Refused(Plain(), mac: mac).Message);

    [Fact]
    public void A_network_is_a_name() =>
        Assert.Contains("annotation fabric.cni.dev/network of pod demo/a-1 = \"-\" is invalid", Refused(Plain(), network: "-").Message);

    [Fact]
    public void Where_a_plugin_assigns_addresses_no_annotation_can_ask_for_them()
    {
        var plain = Plain(""","ipam":{"type":"host-local"}""");
        Assert.Contains("IPAM plugin host-local assigns the addresses", Refused(plain, "10.244.1.77").Message);
        Assert.Contains("IPAM plugin host-local assigns the addresses", Refused(plain, network: "blue").Message);
        Assert.Equal(AnnotationUse.Mac, Annotated(plain, mac: "02:00:00:00:00:07").Annotations);
    }

    [Fact]
    public void A_digest_tells_whether_annotations_were_added_to_that_configuration()
    {
        var (plain, other) = (Plain(), Plain(""","mtu":1300"""));
        var annotated = Annotated(plain, mac: "02:00:00:00:00:07");
        Assert.True(ConfigurationDigest.IsWithAnnotations(annotated.Digest, plain.Digest));
        Assert.False(ConfigurationDigest.IsWithAnnotations(annotated.Digest, other.Digest));
        Assert.False(ConfigurationDigest.IsWithAnnotations(plain.Digest, plain.Digest));
    }

    [Fact]
    public void Annotations_of_others_and_empty_ones_are_none()
    {
        Assert.Same(PodAnnotations.None, PodAnnotations.Of(null));
        Assert.Same(PodAnnotations.None, PodAnnotations.Of(new Dictionary<string, string> { ["a/b"] = "c", [PodAnnotations.MacKey] = " " }));
        Assert.Equal("blue", PodAnnotations.Of(new Dictionary<string, string> { [PodAnnotations.NetworkKey] = " blue " }).Network);
    }
}
