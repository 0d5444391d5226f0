namespace Fabric.Cluster.Tests;

public sealed class ClusterStoreUriTests
{
    [Fact]
    public void A_path_after_the_scheme_names_a_file()
    {
        var uri = ClusterStoreUri.Parse("sqlite:/var/lib/fabric/cluster.db");
        Assert.Equal("/var/lib/fabric/cluster.db", uri.Path);
        Assert.Equal("sqlite:/var/lib/fabric/cluster.db", uri.ToString());
    }

    [Theory]
    [InlineData("", "has no scheme")]
    [InlineData("/var/lib/fabric/cluster.db", "has no scheme")]
    [InlineData("etcd:http://10.0.0.1:2379", "has no etcd store")]
    [InlineData("kubernetes:", "has no kubernetes store")]
    [InlineData("postgres:x", "scheme 'postgres' is not known")]
    [InlineData("sqlite:", "names no file")]
    [InlineData("sqlite:cluster.db", "must be absolute")]
    [InlineData("sqlite:///cluster.db", "sqlite:/cluster.db")]
    [InlineData("sqlite:/var/", "names a directory")]
    public void Anything_else_is_refused_with_what_is_wrong(string text, string says)
    {
        Assert.Contains(says, Assert.Throws<FormatException>(() => ClusterStoreUri.Parse(text)).Message);
        Assert.False(ClusterStoreUri.TryParse(text, out _, out var fault));
        Assert.Contains(says, fault);
    }
}
