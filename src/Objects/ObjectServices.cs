using Anvil.Contracts;
using Anvil.Contracts.Access;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Contracts.Files;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Webhooks;
using Anvil.Objects.Access;
using Anvil.Objects.Bulk;
using Anvil.Objects.Events;
using Anvil.Objects.Kinds;
using Anvil.Objects.Sheets;
using Anvil.Objects.Trials;
using Anvil.Objects.Verbs;
using Anvil.Objects.Webhooks;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Objects;

/// <summary>What the floor is made of.</summary>
public static class ObjectServices
{
    /// <summary>Adds every kind with its verbs, and who may use them. The ports of Contracts are the silo's to fill.</summary>
    public static IServiceCollection AddObjects(this IServiceCollection services)
    {
        services.AddSingleton<PasswordDesk>().AddHostedService(s => s.GetRequiredService<PasswordDesk>());
        services.AddSingleton<AccessService>().AddSingleton<RegistrationGate>().AddSingleton<ChangeAllowance>()
            .AddSingleton<TenantMembers>().AddSingleton<ChangeTrials>();
        services.AddSingleton<ITokens>(s => s.GetRequiredService<AccessService>());
        services.AddSingleton<PluginObjects>().AddSingleton<InterfaceObjects>();
        services.AddSingleton<IndexVerbs>().AddSingleton<MetaVerbs>().AddSingleton<ActionVerbs>();
        services.AddSingleton<MachineObjects>().AddSingleton<JobObjects>().AddSingleton<LeaseObjects>().AddSingleton<ReservationObjects>();
        services.AddSingleton(s => new ObjectFloor(
            [
                s.GetRequiredService<MachineObjects>(),
                s.GetRequiredService<JobObjects>(),
                s.GetRequiredService<LeaseObjects>(),
                s.GetRequiredService<ReservationObjects>(),
                s.GetRequiredService<PluginObjects>(),
                s.GetRequiredService<InterfaceObjects>(),
                .. CatalogRules.Kinds.Values.Where(k => !k.IsRows).Select(k => CatalogKind(k.Prefix, s)),
            ],
            s.GetRequiredService<ICatalog>(), s.GetRequiredService<ParamKeys>(), s.GetRequiredService<ChangeAllowance>()));
        services.AddSingleton<ParamVerbs>().AddSingleton<MachineVerbs>().AddSingleton<JobVerbs>()
            .AddSingleton<LogAllowance>().AddSingleton<LeaseVerbs>().AddSingleton<PrefVerbs>().AddSingleton<UserVerbs>()
            .AddSingleton<RetentionVerbs>().AddSingleton<InfoVerbs>().AddSingleton<RenderVerbs>().AddSingleton<BulkVerbs>()
            .AddSingleton<ContentVerbs>().AddSingleton<FileVerbs>();
        services.AddSingleton<IWebhookFeed, WebhookFeed>().AddSingleton<WebhookVerbs>();
        return services.AddSingleton<SheetImport>().AddSingleton<SheetExport>().AddSingleton<EventStream>().AddSingleton<EventObjects>()
            .AddSingleton<EventFrames>().AddSingleton<EventReach>().AddSingleton<EventFollower>().AddSingleton<EventVerbs>()
            .AddSingleton<LogVerbs>().AddSingleton<ObjectExport>();
    }

    private static IObjectKind CatalogKind(string prefix, IServiceProvider services)
    {
        var catalog = services.GetRequiredService<ICatalog>();
        var time = services.GetRequiredService<TimeProvider>();
        var stored = new CatalogObjects(prefix, catalog, services.GetRequiredService<GrainFinder>(),
            services.GetRequiredService<IMachineQueries>(), services.GetRequiredService<ChangeTrials>(), time);
        if (prefix == Webhook.Kind)
            return new WebhookObjects(stored, services.GetRequiredService<IEventStore>(), services.GetRequiredService<GrainFinder>());
        return prefix == BootEnvObjects.Kind
            ? new BootEnvObjects(stored, catalog, services.GetRequiredService<IBootFileDirectory>(),
                services.GetRequiredService<IExplosionDirectory>(), time) : stored;
    }
}
