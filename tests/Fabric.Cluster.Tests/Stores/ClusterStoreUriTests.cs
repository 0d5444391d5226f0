namespace Fabric.Cluster.Tests;

public sealed class ClusterStoreUriTests
{
    [Fact]
    public void A_path_after_the_scheme_names_a_file()
    {
        var uri = Assert.IsType<ClusterStoreUri.Sqlite>(ClusterStoreUri.Parse("sqlite:/var/lib/fabric/cluster.db"));
        Assert.Equal("/var/lib/fabric/cluster.db", uri.Path);
        Assert.Equal("sqlite:/var/lib/fabric/cluster.db", uri.ToString());
    }

    [Theory]
    [InlineData("etcd://10.0.0.1:2379", "10.0.0.1:2379")]
    [InlineData("etcd://etcd-0.etcd:2379,etcd-1.etcd:2380", "etcd-0.etcd:2379 etcd-1.etcd:2380")]
    [InlineData("etcd://[fd00::1]:2379,[::1]:1", "[fd00::1]:2379 [::1]:1")]
    public void Members_are_named_in_the_order_in_which_they_are_tried(string text, string endpoints)
    {
        var options = EtcdIn(text);
        Assert.Equal(endpoints, string.Join(' ', options.Endpoints));
        Assert.Equal(("/fabric", false, null), (options.Prefix, options.UsesTls, options.User));
        Assert.Equal(text, options.ToString());
    }

    [Fact]
    public void Everything_that_etcd_can_be_given()
    {
        const string Text = "etcd://a:2379?prefix=/net/fabric&ca=/c/ca.pem&cert=/c/client.pem&key=/c/client.key&user=fab&password-file=/c/pw";
        var options = EtcdIn(Text);
        Assert.Equal(("/net/fabric", "/c/ca.pem", "/c/client.pem", "/c/client.key"),
            (options.Prefix, options.CaFile, options.CertFile, options.KeyFile));
        Assert.Equal(("fab", null, "/c/pw"), (options.User, options.Password, options.PasswordFile));
        Assert.True(options.UsesTls);
        Assert.Equal(Text, options.ToString());
    }

    [Theory]
    [InlineData("kubernetes:", "fabric-system", null, null)]
    [InlineData("kubernetes:?namespace=net", "net", null, null)]
    [InlineData("kubernetes:?kubeconfig=/etc/fabric/a%26b.conf&context=prod", "fabric-system", "/etc/fabric/a&b.conf", "prod")]
    public void A_Kubernetes_cluster_is_the_pod_s_own_or_a_kubeconfig_s(string text, string ns, string? kubeconfig, string? context)
    {
        var uri = Assert.IsType<ClusterStoreUri.Kubernetes>(ClusterStoreUri.Parse(text));
        Assert.Equal((ns, kubeconfig, context), (uri.Place.Namespace, uri.Place.Kubeconfig, uri.Place.Context));
        Assert.Equal(text, uri.ToString());
    }

    [Fact]
    public void A_password_is_taken_as_it_was_meant_and_shown_to_nobody()
    {
        var options = EtcdIn("etcd://a:2379?user=fab:s%26cr:%65t&ca=/c/ca.pem");
        Assert.Equal(("fab", "s&cr:et"), (options.User, options.Password));
        Assert.Equal("etcd://a:2379?ca=/c/ca.pem&user=fab:***", options.ToString());
        Assert.Equal(options.ToString(), ClusterStoreUri.Parse("etcd://a:2379?user=fab:s%26cr:%65t&ca=/c/ca.pem").ToString());
    }

    [Theory]
    [InlineData("etcd://a:2379?user=fab:secret&prefix=x")]
    [InlineData("etcd://a?user=fab:secret")]
    [InlineData("etcd://a:2379?user=fab:secret&password-file=/p")]
    [InlineData("ectd://a:2379?user=fab:secret")]
    public void A_fault_does_not_show_the_password(string text)
    {
        Assert.False(ClusterStoreUri.TryParse(text, out _, out var fault));
        Assert.DoesNotContain("secret", fault);
        Assert.Contains("user=fab:***", fault);
    }

    [Theory]
    [InlineData("", "no scheme")]
    [InlineData("/var/lib/fabric/cluster.db", "no scheme")]
    [InlineData("kubernetes://10.0.0.1:6443", "after a question mark")]
    [InlineData("kubernetes:?", "'' is none of namespace, kubeconfig, context")]
    [InlineData("kubernetes:?ns=a", "'ns' is none of")]
    [InlineData("kubernetes:?namespace=", "namespace has no value")]
    [InlineData("kubernetes:?namespace=A", "namespace=A")]
    [InlineData("kubernetes:?namespace=a&namespace=b", "namespace is there twice")]
    [InlineData("kubernetes:?kubeconfig=admin.conf", "must be absolute")]
    [InlineData("kubernetes:?context=prod", "needs kubeconfig=PATH")]
    [InlineData("https://a:2379", "no https store")]
    [InlineData("postgres:x", "scheme 'postgres' is not known")]
    [InlineData("sqlite:", "names no file")]
    [InlineData("sqlite:cluster.db", "must be absolute")]
    [InlineData("sqlite:///cluster.db", "sqlite:/cluster.db")]
    [InlineData("sqlite:/var/", "names a directory")]
    [InlineData("etcd:a:2379", "two slashes")]
    [InlineData("etcd://", "names no endpoint")]
    [InlineData("etcd://a:2379,", "endpoint '' is empty")]
    [InlineData("etcd://a:2379,b", "endpoint 'b' has no port")]
    [InlineData("etcd://a:2379,a:2379", "endpoint 'a:2379' is there twice")]
    [InlineData("etcd://a:0", "port '0'")]
    [InlineData("etcd://a:65536", "port '65536'")]
    [InlineData("etcd://a:http", "port 'http'")]
    [InlineData("etcd://fd00::1:2379", "in brackets")]
    [InlineData("etcd://[fd00::1]", "has no port")]
    [InlineData("etcd://[fd00::x]:2379", "no name and no address")]
    [InlineData("etcd://a_b!:2379", "no name and no address")]
    [InlineData("etcd://http://a:2379", "without a scheme of its own")]
    [InlineData("etcd://fab@a:2379", "user=NAME")]
    [InlineData("etcd://a:2379/fabric", "prefix=/PATH")]
    [InlineData("etcd://a:2379?timeout=3", "'timeout' is none of")]
    [InlineData("etcd://a:2379?", "'' is none of")]
    [InlineData("etcd://a:2379?ca=", "ca has no value")]
    [InlineData("etcd://a:2379?ca=/a&ca=/b", "ca is there twice")]
    [InlineData("etcd://a:2379?ca=ca.pem", "must be absolute")]
    [InlineData("etcd://a:2379?cert=/c", "belong together")]
    [InlineData("etcd://a:2379?key=/k", "belong together")]
    [InlineData("etcd://a:2379?prefix=fabric", "begin with a slash")]
    [InlineData("etcd://a:2379?prefix=/fabric/", "end without one")]
    [InlineData("etcd://a:2379?user=fab", "has no password")]
    [InlineData("etcd://a:2379?user=fab:", "empty password")]
    [InlineData("etcd://a:2379?user=:x", "no name")]
    [InlineData("etcd://a:2379?password-file=/p", "needs user=NAME")]
    [InlineData("etcd://a:2379?user=fab:x&password-file=/p", "there twice")]
    public void Anything_else_is_refused_with_what_is_wrong(string text, string says)
    {
        Assert.Contains(says, Assert.Throws<FormatException>(() => ClusterStoreUri.Parse(text)).Message);
        Assert.False(ClusterStoreUri.TryParse(text, out _, out var fault));
        Assert.Contains(says, fault);
    }

    private static EtcdOptions EtcdIn(string text) => Assert.IsType<ClusterStoreUri.Etcd>(ClusterStoreUri.Parse(text)).Options;
}
